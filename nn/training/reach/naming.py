"""What to call the place of something that was reached: the names that it has in the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .holders import ATTRIBUTES, CELL, CLASS, DICT, same

if TYPE_CHECKING:
    from .holders import Holder


def named(path: Any) -> str:
    """What is at the end of a path, in words."""
    parts = []
    while path is not None:
        path, part = path
        parts.append(part)
        if part.startswith("<"):  # by its name in the code, all before which is of no interest
            break
    owner = parts[-1]
    own = "".join(reversed(parts[:-1]))
    root = ""
    while path is not None:
        path, root = path
    return f"{owner[1:]}{own} of {root}" if owner.startswith("<") else owner + own


def spoken(path: Any, holder: Holder, before: list[Any], now: list[Any]) -> str:
    """What has changed at the end of a path, by what was read before and now."""
    name = named(path)
    suffix = ""
    if holder in (DICT, ATTRIBUTES, CLASS):
        old, new = (
            dict(zip(parts[: len(parts) // 2], parts[len(parts) // 2 :], strict=True))
            for parts in (before, now)
        )
        for key in {**old, **new}:
            if key not in old or key not in new or not same([old[key]], [new[key]]):
                suffix = f"[{key!r:.20}]" if holder is DICT else f".{key}"
                break
    elif holder.inside and holder is not CELL and len(before) == len(now):
        pairs = enumerate(zip(before, now, strict=True))
        i = next(i for i, (old, new) in pairs if not same([old], [new]))
        if name == "the global ":
            return name + holder.names[i]
        suffix = f".{holder.names[i]}" if holder.names else f"[{i}]"
    if not suffix:
        return name
    head, of, root = name.partition(" of ")
    return head + suffix + of + root
