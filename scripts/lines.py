"""Files and lines of Python in some folders, at commits and now: ``python scripts/lines.py [commit ...]``."""

from __future__ import annotations

import subprocess
import sys

FOLDERS = ("autograd/testing", "autograd/drawing", "tests")


def counted(commit: str | None) -> list[str]:
    """For each folder its files and lines, at a commit or in the working tree."""
    cells = []
    for folder in FOLDERS:
        command = ["git", "grep", "-hc", "", *([commit] if commit else []), "--", f"{folder}/*.py"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        cells.append(f"{len(found)} files, {sum(map(int, found))} lines")
    return cells


print("".join(f"{cell:24}" for cell in ("", *FOLDERS)).rstrip())
for commit in (*sys.argv[1:], None):
    print("".join(f"{cell:24}" for cell in (commit or "now", *counted(commit))).rstrip())
