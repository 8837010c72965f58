#!/usr/bin/env bash
# Runs the tests of the engine and of nn with the oldest packages that pyproject.toml allows:
# `bash scripts/lowest.sh [tests]`. PYTHON is the one that runs them. Needs PyPI. The native core in the
# tree is built again, with the oldest tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
python=$work/venv/bin/python
"$python" -m pip install -q uv
uv() { "$python" -m uv "$@" --quiet --python "$python"; }
uv pip install --resolution lowest-direct -r pyproject.toml --extra dev
uv pip install --no-deps --no-build-isolation -e .

[ $# -gt 0 ] || set -- tests/autograd tests/nn
"$python" -m pytest -n logical "$@"
