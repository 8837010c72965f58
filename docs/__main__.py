"""Builds the documentation as a site: ``python -m docs [OUT]``, after ``pip install -e ".[docs]"``.

Warnings are errors. ``--online`` links to Python's and NumPy's own pages too, and tries every link to the web; ``--pyodide
FOLDER`` (``node_modules/pyodide`` after ``npm install pyodide``) puts the browser's Python beside the page "Try it", which takes it
from the network otherwise.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m docs", description="Builds the documentation.")
    parser.add_argument(
        "out", nargs="?", default="build/site", type=Path, help="where to (default: %(default)s)"
    )
    parser.add_argument(
        "--online", action="store_true", help="use and check what lies on the network"
    )
    parser.add_argument(
        "--pyodide", type=Path, metavar="FOLDER", help="npm's package, for the page 'Try it'"
    )
    args = parser.parse_args()
    try:
        from sphinx.cmd.build import build_main
    except ImportError:
        parser.exit(2, 'python -m docs needs Sphinx: python -m pip install -e ".[docs]"\n')
    if args.pyodide and not (args.pyodide / "pyodide.mjs").exists():
        parser.error(f"--pyodide: no pyodide.mjs in {args.pyodide}")
    if args.online:
        os.environ["VALUEGRAD_DOCS"] = "online"
    strict = ["-E", "-W", "--keep-going", "-q", "-j", "auto", str(HERE)]
    failed = build_main([*strict, str(args.out)])
    if args.online and not failed:
        failed = build_main(["-b", "linkcheck", *strict, f"{args.out}-links"])
    if not failed:
        wheel_into(args.out / "_static")
        explored_into(args.out / "_static" / "explore")
        if args.pyodide:
            shutil.copytree(args.pyodide, args.out / "_static" / "pyodide", dirs_exist_ok=True)
        print(args.out.resolve() / "index.html")
    return failed


def explored_into(folder: Path) -> None:
    """Makes the pages that "Pages in which the graph is alive" shows."""
    from docs.gallery import PICTURES

    folder.mkdir(exist_ok=True)
    for name, make in PICTURES.items():
        if name.startswith(("explored", "played")):
            make().save(folder / f"{name}.html")


def wheel_into(folder: Path) -> None:
    """Builds the pure wheel, which "Try it" unpacks in the browser."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "wheel",
                "-q",
                "--no-deps",
                "--wheel-dir",
                work,
                str(HERE.parent),
            ],
            env={**os.environ, "VALUEGRAD_BUILD": "pure"},
            check=True,
        )
        (wheel,) = Path(work).glob("valuegrad-*.whl")
        shutil.copy(wheel, folder / "valuegrad.whl")


if __name__ == "__main__":
    raise SystemExit(main())
