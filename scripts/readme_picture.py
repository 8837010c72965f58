"""Draws the picture of the README's example anew: `python scripts/readme_picture.py`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autograd import draw

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "thirty-seconds.svg"


def example() -> Any:
    """The README's y, made by running its code."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[0]
    names: dict[str, Any] = {}
    exec(code, names)
    return names["y"]


if __name__ == "__main__":
    draw(example()).save(PICTURE)
