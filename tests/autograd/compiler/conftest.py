from __future__ import annotations

import os

import pytest

from tests.backends.paths import SWITCH, force


@pytest.fixture(autouse=True)
def _invariants_are_checked_after_every_pass(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_COMPILE_DEBUG", "1")


@pytest.fixture(autouse=True)
def _programs_take_the_path_of_the_module(request, monkeypatch):
    """A module whose tests are of one path names it as ``PATH``; ``python -m tests.backends`` names one for the others."""
    own, asked = getattr(request.module, "PATH", ""), os.environ.get(SWITCH, "")
    if own and asked and own != asked and (own, asked) != ("arrays", "jax"):
        pytest.skip(f"a test of the path {own}")
    if own or asked:
        force(monkeypatch.setattr, asked or own)
