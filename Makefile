# Every target installs by itself what it needs; `make` alone explains them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh

PY := .venv/bin/python
MANAGE := $(PY) manage.py
STYLES := frontend/app.scss frontend/build.sh frontend/package-lock.json static/css/app.css
TESTING := DJANGO_SETTINGS_MODULE=config.settings.test
DEMO := DJANGO_SETTINGS_MODULE=config.settings.demo

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: runtime dev browser
runtime dev browser:
	@sh requirements/install.sh $@

.PHONY: demo
demo: runtime ## start the demo on http://127.0.0.1:8000 and print its accounts
	@$(DEMO) exec $(MANAGE) demo

.PHONY: demo-check
demo-check: dev ## drive the five journeys over HTTP against a fresh demo, a year long
	@exec $(MANAGE) demo_check

.PHONY: demo-reset
demo-reset: runtime ## clear the demo's data
	@$(DEMO) exec $(MANAGE) demo --reset

.PHONY: test
test: dev ## the whole suite: SQLite, no network, no browser
	@$(PY) -m pytest

.PHONY: test-browser
test-browser: browser ## the same journeys in Chromium, with axe and CSP checks
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		[ -n "$$name" ] && command -v "$$name" >/dev/null 2>&1 && exit 0; \
	done; \
	echo "Chromium is missing: apt-get install chromium fonts-noto-core (or set CHROMIUM=/path/to/it)" >&2; exit 1
	@$(PY) -m pytest -n 0 -m browser --force-enable-socket tests/browser

.PHONY: test-services
test-services: dev ## the privacy floor on a PostgreSQL of its own, and the drill of backup and erasure
	@$(PY) -m tests.outside.run

.PHONY: check
check: dev ## lint, types, layers, migrations, catalogues, docs, styles
	@command -v xgettext >/dev/null 2>&1 || \
		{ echo "gettext is missing: apt-get install gettext" >&2; exit 1; }
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m djlint --lint --quiet templates
	$(TESTING) $(MANAGE) check --fail-level WARNING
	$(TESTING) $(MANAGE) makemigrations --check --dry-run
	$(TESTING) $(MANAGE) check_catalogues
	$(TESTING) $(MANAGE) check_docs
	$(TESTING) $(MANAGE) render_registers --check
	@# Without npm the recorded sums still tell whether the style sheet belongs to its sources.
	cksum $(STYLES) | cmp - frontend/built.sums || { echo "run make css" >&2; exit 1; }
	if command -v npm >/dev/null 2>&1; then sh frontend/build.sh --check; fi

.PHONY: bench
bench: dev ## measure the figures against baselines of the same run; writes var/bench.json
	@exec $(MANAGE) bench

.PHONY: css
css: ## rebuild static/ from frontend/ (needs node and npm)
	@sh frontend/build.sh
	@cksum $(STYLES) >frontend/built.sums

.PHONY: messages
messages: dev ## collect the texts, fill English, compile; lists what Vietnamese still lacks
	@$(TESTING) $(MANAGE) messages

.PHONY: lock
lock: ## resolve requirements/*.in again into hashed locks (needs uv)
	@command -v uv >/dev/null 2>&1 || { echo "uv is missing: pip install uv" >&2; exit 1; }
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		requirements/runtime.in -o requirements/runtime.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		-c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		-c requirements/dev.txt requirements/browser.in -o requirements/browser.txt

.PHONY: clean
clean: ## drop the environment and the caches (the demo's data stays: make demo-reset)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis frontend/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
