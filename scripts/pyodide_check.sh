#!/usr/bin/env bash
# Builds the wheel and trains a small net with it in Pyodide (CPython for the browser) under Node, where
# there is no NumPy: `bash scripts/pyodide_check.sh`. Needs node and npm; PYTHON is the one that builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pyodide=314.0.7 # CPython 3.14

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for program in node npm; do
    command -v $program >/dev/null || { echo "pyodide_check: needs $program" >&2; exit 1; }
done
VALUEGRAD_BUILD=pure "${PYTHON:-python3}" -m pip wheel -q --no-deps --wheel-dir "$work" .
npm install --silent --no-save --no-audit --no-fund --prefix "$work" "pyodide@$pyodide"
cp scripts/pyodide_check.mjs "$work" # Node looks for packages beside the script
node "$work/pyodide_check.mjs" "$work"/valuegrad-*.whl scripts/pyodide_check.py
