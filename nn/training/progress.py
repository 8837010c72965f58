"""The progress bar of a run: tqdm's, and in a notebook one line that is replaced, so that one is what a saved one holds."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

from .history import ALWAYS

if TYPE_CHECKING:
    from .callbacks import Run
    from .history import History


def bar_of(run: Run) -> Any:
    """A bar over all steps of a run; None where tqdm is not installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    per_epoch = math.ceil(run.settings["samples"] / run.settings["batch_size"])
    return tqdm(
        total=run.epochs * per_epoch,
        initial=run.epoch * per_epoch,
        desc=f"epoch {run.epoch + 1}/{run.epochs}",
        unit="step",
        file=_Line() if _is_notebook() else None,
    )


def tell(bar: Any, run: Run) -> None:
    """Show an epoch that is finished."""
    bar.set_description(f"epoch {run.epoch}/{run.epochs}", refresh=False)
    bar.set_postfix(_shown(run.history))


def _shown(history: History) -> dict[str, str]:
    return {
        name: f"{column[-1]:.4g}"
        for name, column in history.columns.items()
        if name not in ALWAYS[1:]
    }


def _is_notebook() -> bool:
    """Whether a kernel runs this, whose front end shows what is written after a carriage return as it likes."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


class _Line:
    """A file of which a notebook shows what was written last."""

    encoding = "utf-8"

    def __init__(self) -> None:
        from IPython.display import display

        show: Any = display  # which has no types
        self._handle = show({"text/plain": ""}, raw=True, display_id=True)

    def write(self, text: str) -> None:
        if line := text.strip("\r\n"):
            self._handle.update({"text/plain": line.rstrip()}, raw=True)

    def flush(self) -> None:
        """Each line is shown at once."""
