"""A model as a JSON file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .document import FORMAT, PARTS, VERSION, SavedModel, checked, dumps, loads

if TYPE_CHECKING:
    from .document import PathLike


def write(saved: SavedModel) -> bytes:
    """The file's content."""
    lines = [f'"format": "{FORMAT}"', f'"version": {VERSION}']
    for key in PARTS:
        lines.append(f'"{key}": {dumps(getattr(saved, key), key)}')
    entries = [f"{json.dumps(name)}: {dumps(entry, name)}" for name, entry in saved.state.items()]
    lines.append('"state": {\n' + ",\n".join(entries) + "}")  # a line an entry, for diffs
    return ("{" + ",\n".join(lines) + "}\n").encode()


def read(path: PathLike, content: bytes) -> SavedModel:
    """What a file holds.

    Raises:
        ValueError: if it is damaged or no model's.
    """
    try:
        document = loads(content)
    except ValueError as error:
        raise ValueError(f"{path} is damaged or no JSON file: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{path} is JSON, but no model saved by valuegrad")
    return checked(path, document)
