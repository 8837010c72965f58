"""Which core runs: the native one, where it was built from these very sources, or else the pure one.

Both compute the same bits; the pure core is what one reads, the native one is what makes it fast (``native/README.md``
in the repository). ``VALUEGRAD_CORE=pure`` in the environment chooses the pure one, ``VALUEGRAD_CORE=native`` refuses to
go on without the native one.
"""

from __future__ import annotations

import os
import sys
import warnings
from binascii import crc32
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    C = TypeVar("C", bound=type[Any])

SWITCH = "VALUEGRAD_CORE"
"""The environment variable that chooses a core: ``pure``, ``native``, or empty for the native one where it is."""


def digests() -> tuple[str, str]:
    """What the native core must have been built from: a digest of the table of primitives and of what prints it as C,
    and one of the C sources; the second is empty where those are not beside the package, as in an installed wheel.
    """
    package = os.path.dirname(__file__)  # noqa: PTH120  (pathlib is slow to import)
    table = [f"{package}/{name}.py" for name in ("namespaces", "table", "special", "primitives")]
    table += _listed(f"{package}/emit", (".py", ".h"))
    sources = f"{package}/../native"
    native = _listed(sources, (".c", ".h"))
    return _digest(table), _digest(native) if f"{sources}/module.c" in native else ""


def _listed(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if name.endswith(suffixes)]


def _digest(paths: list[str]) -> str:
    check = 0
    for path in paths:
        with open(path, "rb") as file:  # noqa: PTH123
            # However git ends the lines: a wheel may be built on one system and its table read on another.
            check = crc32(file.read().replace(b"\r\n", b"\n"), check)
    return f"{check:08x}"


def _load() -> tuple[Any, str]:
    """The native core and where it lies, or None and why it is not used."""
    wanted = os.environ.get(SWITCH, "")
    if wanted not in {"", "pure", "native"}:
        raise ValueError(f"{SWITCH} must be pure, native or empty, not {wanted!r}")
    if wanted == "pure":
        return None, f"{SWITCH}=pure asks for it"
    try:
        from ._native import digests as built_from  # type: ignore[import-not-found]
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError)
        why = "the native core was not built" if missing else f"the native core fails: {error}"
    else:
        from . import _native  # pyright: ignore[reportAttributeAccessIssue]

        if all(now in {"", then} for now, then in zip(digests(), built_from, strict=True)):
            return _native, str(_native.__file__)
        why = "the native core was built from other sources; pip install -e . builds it again"
        if not wanted:
            frame = sys._getframe()  # where the package is imported
            while frame.f_back and _is_importing(frame.f_globals.get("__name__", "")):
                frame = frame.f_back
            place = frame.f_code.co_filename, frame.f_lineno
            warnings.warn_explicit(f"{why}; until then the pure core runs", RuntimeWarning, *place)
    if wanted == "native":
        raise ImportError(f"{SWITCH}=native, but {why}")
    return None, why


def _is_importing(module: str) -> bool:
    return module.partition(".")[0] in {
        __package__,
        "importlib",
        "_frozen_importlib",
        "_frozen_importlib_external",
    }


core, why = _load()


def in_c(pure: C) -> C:
    """A class's twin in the native core, where that is used: what it means stands in the class below."""
    return pure if core is None else getattr(core, pure.__name__)


def stored_in_c(pure: C, unary: dict[str, str]) -> C:
    """A class of nodes with its numbers and operations in C, and the rest of it as it stands.

    Args:
        pure: the class as one reads it.
        unary: the methods that apply a primitive to the node alone, with the primitive's name.
    """
    if core is None:
        return pure
    twin: C = core.value_type(pure, unary)
    own = {"__module__", "__doc__", "__slots__", "__weakref__", *pure.__slots__, *vars(twin)}
    for name, member in vars(pure).items():
        if name not in own:
            setattr(twin, name, member)
    return twin


def function_in_c(pure: Callable[..., Any], primitive: Any, module: Any) -> Callable[..., Any]:
    """The function of a primitive, in C where that is used and the primitive has C."""
    return pure if core is None else core.function(primitive, pure, module)
