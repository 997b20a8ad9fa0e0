#!/bin/sh
# Makes .venv and installs one locked set into it: sh requirements/install.sh runtime|dev|browser
# The sets nest (runtime < dev < browser), so a larger one that is up to date serves the smaller.
# A stamp named after the lock's checksum says "done"; a changed lock installs again.
set -eu
cd "$(dirname "$0")/.."
wanted=$1
venv=.venv

mark() { printf '%s/.installed-%s-%s' "$venv" "$1" "$(cksum <"requirements/$1.txt" | tr ' ' '-')"; }

fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

case $wanted in
    runtime) larger="runtime dev browser" ;;
    dev) larger="dev browser" ;;
    browser) larger="browser" ;;
    *) fail "Unknown set '$wanted': runtime, dev or browser." ;;
esac

if new_enough "$venv/bin/python"; then
    for set in $larger; do
        [ ! -e "$(mark "$set")" ] || exit 0
    done
else
    python=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then
            python=$candidate
            break
        fi
    done
    [ -n "$python" ] || fail "Python 3.11 or newer is needed, and $(python3 --version 2>&1 || echo 'no python3') was found." \
        "Install it, or name one: make demo PYTHON=/path/to/python3.11"
    printf 'Making %s with %s\n' "$venv" "$("$python" --version)"
    "$python" -m venv --clear --without-pip "$venv"
fi

printf 'Installing the %s packages from requirements/%s.txt (once per change of that file)\n' "$wanted" "$wanted"
lock=requirements/$wanted.txt
if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$venv/bin/python" --require-hashes -r "$lock"
else
    # Debian's python3 has no ensurepip, other systems no pip outside an environment: take what is there.
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        pip="$venv/bin/python -m pip"
    elif ${PYTHON:-python3} -m pip install --help 2>/dev/null | grep -q -- --python; then
        pip="${PYTHON:-python3} -m pip --python $venv/bin/python"
    elif "$venv/bin/python" -m ensurepip --default-pip >/dev/null 2>&1; then
        pip="$venv/bin/python -m pip"
    else
        fail "pip is missing: install it (Debian and Ubuntu: apt-get install python3-pip) and try again."
    fi
    $pip install --quiet --disable-pip-version-check --no-input --no-compile --require-hashes -r "$lock"
fi

rm -f "$venv"/.installed-"$wanted"-*
: >"$(mark "$wanted")"
