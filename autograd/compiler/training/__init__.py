"""What training uses of the compiler: the one face that it has for :mod:`nn`.

A :class:`Recording` of a model, or of its loss, becomes a :class:`BatchLoss` (the mean over a batch, and its derivatives) or
:class:`BatchAnswers`, and a :class:`ShardedLoss` on all of JAX's devices; an optimizer's rule becomes :func:`elementwise` kernels.
"""

from __future__ import annotations

from ..recording import TraceError
from .answers import BatchAnswers
from .loss import BatchLoss, Samples
from .recording import Recording
from .sharded import ShardedLoss, agree
from .update import Elementwise, NotElementwiseError, elementwise

__all__ = [
    "BatchAnswers",
    "BatchLoss",
    "Elementwise",
    "NotElementwiseError",
    "Recording",
    "Samples",
    "ShardedLoss",
    "TraceError",
    "agree",
    "elementwise",
]
