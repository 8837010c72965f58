from __future__ import annotations

import pytest

from nn.optim import optimizer


@pytest.fixture(params=["numpy", "floats"])
def backend(request, monkeypatch):
    """Run with NumPy, and as on a machine without it."""
    if request.param == "floats":
        monkeypatch.setattr(optimizer, "_numpy_or_none", lambda: None)
    return request.param
