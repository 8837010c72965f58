"""PyPI's ``autograd`` (HIPS) has our import name: if its files lie over ours, say so."""

from __future__ import annotations

import autograd

if not hasattr(autograd, "Value"):
    raise ImportError(
        f"nn needs valuegrad's package autograd, but {autograd.__file__} has no Value: it is another "
        "package of that name, most likely HIPS autograd, which overwrites valuegrad's files when both "
        "are installed. Cure: pip uninstall -y autograd valuegrad, then pip install valuegrad "
        "(keep HIPS autograd in a virtual environment of its own)."
    )
