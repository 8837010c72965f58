"""The page's mathematics run by node, which has a browser's numbers and no screen."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def run(folder: Path, script: str, data: Any) -> Any:
    """What a script prints as JSON; it finds ``data`` under that name."""
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    head = f"const data = JSON.parse(require('fs').readFileSync({json.dumps(str(folder / 'data.json'))}));\n"
    path = folder / "script.js"
    path.write_text(script.replace('"use strict";', '"use strict";\n' + head, 1), encoding="utf-8")
    done = subprocess.run(["node", path], capture_output=True, text=True, check=False)  # noqa: S607
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def bits(x: float | None) -> str | None:
    """A float as its bits; JSON has no word for some."""
    return None if x is None else struct.pack(">d", x).hex()


def unbits(text: str | None) -> float | None:
    """The float of those bits."""
    return None if text is None else struct.unpack(">d", bytes.fromhex(text))[0]


def ulps(a: float | None, b: float | None) -> float:
    """How many floats lie between two; 0 for two nans, infinite where one is nan or absent."""
    if a is None or b is None:
        return 0 if a is b else float("inf")
    if a != a or b != b:
        return 0 if a != a and b != b else float("inf")
    return abs(_place(a) - _place(b))


def _place(x: float) -> int:
    (whole,) = struct.unpack(">q", struct.pack(">d", x))
    return whole if whole >= 0 else -(whole & 0x7FFFFFFFFFFFFFFF)


READ = """
const bits = (x) => {
  if (x === null) return null;
  const b = Buffer.alloc(8); b.writeDoubleBE(x); return b.toString("hex");
};
const unbits = (text) => text === null ? null : Buffer.from(text, "hex").readDoubleBE(0);
"""
