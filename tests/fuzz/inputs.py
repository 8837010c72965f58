"""Hostile files: good ones with bytes or branches changed. A number makes the same one every time."""

from __future__ import annotations

import copy
import json
import random
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import nn
from nn import MLP, Dropout, Linear, Sequential

ROWS = "1.5,-2,3e-2,0\n0.25,1,1,-1\n"
CLASSES = 3
NIN = 4

# What JSON has no short word for is put in as text, for a mark.
MARKS = {"@long": "9" * 5000, "@deep": "[" * 2000 + "]" * 2000, "@deeper": "[" * 300 + "]" * 300}
HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 1, 7, 0.5, -0.0, 1e308, 2**53 + 1, 2**63, 2**64, 10**400),
    *("", "x", "MLP", "tanh", "Module", "Sequential", "nan", "1", "\x00", "\ud800", "é" * 50),
    *([], {}, [[]], [1], [None], [[1.0], 2], [0] * 5000, [[0.5] * 30] * 30, {"float": "inf"}),
    *({"float": "x"}, {"type": "MLP"}, {"type": []}, {"type": "Sequential", "layers": "tanh"}),
    {"type": "MLP", "nin": 1, "nouts": [30_000, 30_000, 1]},
    {"type": "Sequential", "layers": [{"type": "Linear", "nin": 10**9, "nout": 1}]},
    {"type": "Dropout", "p": 0.5, "seed": 2**60},
    {"__metadata__": {}},
    {"dtype": "F64", "shape": [2**28, 0], "data_offsets": [0, 0]},
    {"dtype": "BF16", "shape": [0], "data_offsets": [0, 0]},
    *MARKS,
]
TOKENS = [
    *(b"\x00", b"\xff", b'"', b",", b"\n", b"\r", b"[", b"{", b"}", b"]", b"-", b"e", b"NaN"),
    *(b"1e999", b"Infinity", b"9" * 400, b"9" * 5000, b"\xef\xbb\xbf", b"[" * 3000, b"a" * 200_000),
    *(b"\xf0\x9d\x9f\x99", b"1_0", b";", b"\t", b"\\u0000", b"true", b"null", b"0x1"),
]


def notes() -> dict[str, Any]:
    """Notes as ``python -m nn train`` leaves them."""
    return {
        "data": "moons",
        "target_names": ["a", "b", "c"],
        "smallest": -2.0,
        "largest": 3.0,
        "accuracy": 0.9,
    }


def models() -> list[nn.Module]:
    """Those whose files are the good ones; the first is what predict takes."""
    return [
        MLP(NIN, [3, CLASSES], activation="tanh", seed=0),
        Sequential(Linear(2, 3, seed=0), "silu", Dropout(0.5, seed=1), MLP(3, [1], seed=2)),
        nn.Layer(2, 2, nonlin=False, bias=False, seed=0),
    ]


def optimizer_of(model: nn.Module) -> Any:
    """The one whose state is in the files."""
    return nn.optim.Adam(model.parameters(), 0.1)


@cache
def good(suffix: str) -> tuple[bytes, ...]:
    """Files to begin with."""
    if suffix == ".csv":
        return (ROWS.encode(), b"w,x,y,z\n" + ROWS.encode())
    if suffix == ".rows":
        return (json.dumps([[float(x) for x in row.split(",")] for row in ROWS.split()]).encode(),)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"m{suffix}")
        for model in models():
            nn.save(path, model, optimizer=optimizer_of(model), notes=notes())
            found.append(path.read_bytes())
    return tuple(found)


def hostile(suffix: str, number: int) -> bytes:
    """A file to be refused, or to be read as what it is.

    Args:
        suffix: ``.json`` or ``.safetensors`` for a model's, ``.csv`` or ``.rows`` (JSON) for rows.
        number: another for each file.
    """
    rng = random.Random(f"{suffix}{number}")
    content = rng.choice(good(suffix))
    kind = rng.random()
    if suffix == ".csv" or kind < 0.35:
        return _bytes_changed(rng, content)
    if suffix != ".safetensors":
        return _branches_changed(rng, content)
    size = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + size], content[8 + size :]
    if kind < 0.6:  # what the metadata says is JSON inside JSON
        tree = json.loads(header)
        part = rng.choice(["config", "optimizer", "notes", "version", "format"])
        inner = tree["__metadata__"][part]
        tree["__metadata__"][part] = (
            inner if part == "format" else _branches_changed(rng, inner.encode()).decode("latin-1")
        )
        header = json.dumps(tree).encode()
    else:
        header = _branches_changed(rng, header)
    return len(header).to_bytes(8, "little") + header + data


def _bytes_changed(rng: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        i, j = sorted(rng.randrange(len(changed) + 1) for _ in range(2))
        way = rng.randrange(5)
        if way == 0:
            del changed[i : min(j, i + rng.randint(1, 40))]
        elif way == 1:
            changed[i:i] = rng.choice(TOKENS)
        elif way == 2 and i < len(changed):
            changed[i] ^= 1 << rng.randrange(8)
        elif way == 3:
            changed[i:i] = changed[i : min(j, i + 60)]
        else:
            changed[i : i + 1] = rng.choice(TOKENS)
    return bytes(changed if rng.random() < 0.9 else changed[: rng.randrange(len(changed) + 1)])


def _branches_changed(rng: random.Random, content: bytes) -> bytes:
    tree = [json.loads(content)]
    for _ in range(rng.randint(1, 3)):
        places = list(_places(tree))
        holder, key = rng.choice(places)
        other, its = rng.choice(places)
        way = rng.randrange(5)
        if way == 0 and holder is not tree:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[rng.choice(["x", "type", "format", "float", "0", ""])] = holder[key]
        elif way == 2:
            holder[key] = copy.deepcopy(other[its])
        else:
            holder[key] = copy.deepcopy(rng.choice(HOSTILE))
    text = json.dumps(tree[0])
    for mark, long in MARKS.items():
        text = text.replace(f'"{mark}"', long)
    return text.encode()


def _places(tree: Any) -> Any:
    """Each container with each of its keys."""
    stack = [tree]
    while stack:
        holder = stack.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], (list, dict)):
                stack.append(holder[key])
