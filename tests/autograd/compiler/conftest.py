from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _invariants_are_checked_after_every_pass(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_COMPILE_DEBUG", "1")
