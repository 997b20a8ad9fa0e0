#!/bin/sh
# Rebuilds static/css/app.css from app.scss.   frontend/build.sh [--check]
# --check rebuilds into a temporary file and fails when the committed bytes differ.
set -eu
cd "$(dirname "$0")"

if [ ! -x node_modules/.bin/sass ]; then
    npm ci --no-fund --no-audit --loglevel=error
fi

target=../static/css/app.css
built=$(mktemp)
trap 'rm -f "$built"' EXIT INT TERM

node_modules/.bin/sass --style=compressed --no-source-map --no-charset --quiet-deps \
    --load-path=node_modules/govuk-frontend/dist app.scss >"$built"

if grep -q 'url(' "$built"; then
    echo "app.css refers to an outside file or a data: URI, which the CSP refuses" >&2
    exit 1
fi

if [ "${1:-}" = "--check" ]; then
    cmp "$built" "$target" || {
        echo "static/css/app.css is not what app.scss compiles to: run frontend/build.sh" >&2
        exit 1
    }
    echo "static/css/app.css is up to date"
else
    mkdir -p "$(dirname "$target")"
    cat "$built" >"$target"
    echo "static/css/app.css: $(gzip -9c "$target" | wc -c) bytes gzipped"
fi
