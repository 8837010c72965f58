"""What a compiled function may run on, and how one of these is forced on every program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.compiler import entry, pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.compiler.pipeline import Task

SWITCH = "AUTOGRAD_TESTS_PATH"
"""The environment variable that names a path for all tests."""


def _arrays(graph: Any, task: Task) -> Any:
    return pipeline.group(graph, task) if task.batched or graph.operations else None


def _no_arrays(graph: Any, task: Task) -> Any:
    return pipeline.group(graph, task) if task.batched else None


PATHS: dict[str, dict[str, Callable[..., Any]]] = {
    "arrays": {"choose": _arrays, "has_lanes_on_tape": lambda schedule, graph: False},
    "tape": {"choose": _no_arrays, "has_lanes_on_tape": lambda schedule, graph: True},
    "python": {"choose": _no_arrays, "tape_of": lambda graph: None},
}
"""What is put in the place of which function, by name of the path. On Python's, lanes are arrays."""


def force(set_attribute: Callable[[Any, str, Any], None], path: str) -> None:
    """Let every program that is compiled from now on take a path.

    Args:
        set_attribute: ``setattr``, or that of a monkeypatch.
        path: the name.
    """
    for name, function in PATHS[path].items():
        set_attribute(entry, name, function)
