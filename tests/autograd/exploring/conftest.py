from __future__ import annotations

import pytest

from tests.autograd.exploring.browser import Reader, launched


@pytest.fixture(scope="session")
def _browser():
    with launched() as browser:
        yield browser


@pytest.fixture
def reader(_browser, tmp_path):
    """Opens pages in a browser; in the end nothing was asked for and nothing complained of."""
    reader = Reader(_browser, tmp_path)
    yield reader
    for context in _browser.contexts:
        context.close()
    assert reader.requests == []
    assert reader.complaints == []
