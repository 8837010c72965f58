"""``python -m autograd.emit FOLDER``: writes the headers that the native core is compiled from."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from autograd.files import write_atomically

from .headers import rules, traced
from .operations import OPERATIONS, header


def main(arguments: list[str]) -> int:
    """Write the headers, and say in one line what they have and lack."""
    parser = argparse.ArgumentParser(prog="python -m autograd.emit")
    parser.add_argument("folder", type=Path, help="where to write; it is made if it is not there")
    folder = parser.parse_args(arguments).folder
    numbers = rules()
    nodes = traced(numbers.rows)
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"rules.h": numbers.text, "traced.h": nodes.text, "tape_operations.h": header()}
    for name, text in texts.items():
        write_atomically(folder / name, text.encode())
    print(  # noqa: T201
        f"{folder}: {len(numbers.rows)} rows as C; left to Python: {_listed(numbers.left_out)}; "
        f"{len(nodes.rows)} with derivatives as nodes; left to Python: {_listed(nodes.left_out)}; "
        f"{len(OPERATIONS)} operations of tapes"
    )
    return 0


def _listed(left_out: dict[str, str]) -> str:
    return ", ".join(f"{name} ({reason})" for name, reason in left_out.items()) or "none"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
