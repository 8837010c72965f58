"""Going on with a run from where a checkpoint left it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn import saving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .callbacks import Run


def take_up(run: Run, path: Any) -> None:
    """Set the model, the optimizer, the history and the callbacks to what a checkpoint holds."""
    found = saving.read(path)
    notes = found.notes or {}
    missing = [key for key in run.notes() if key not in notes]
    if missing or found.optimizer is None:
        raise ValueError(
            f"{path} holds a model, but no training run (it was not written by nn.Checkpoint)"
        )
    if notes["settings"] != run.settings:
        raise ValueError(
            f"{path} is of a run with {_listed(notes['settings'])}, and this one has "
            f"{_listed(run.settings)}; it would not go on as that did"
        )
    if list(notes["history"]) != list(run.history.columns):
        raise ValueError(
            f"{path} is of a run that recorded {', '.join(notes['history'])}, and this one "
            f"records {', '.join(run.history.columns)}"
        )
    if len(notes["callbacks"]) != len(run.callbacks):
        raise ValueError(
            f"{path} is of a run with {len(notes['callbacks'])} callbacks, and this one has "
            f"{len(run.callbacks)}"
        )
    saving.load_into(path, run.model, run.optimizer)
    run.epoch = notes["epoch"]
    run.history.columns = notes["history"]
    for callback, state in zip(run.callbacks, notes["callbacks"], strict=True):
        callback.load_state_dict(state)


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())
