from __future__ import annotations

import pytest

from tests.autograd.exploring.browser import Reader, launched


@pytest.fixture(scope="session")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def reader(chromium, tmp_path):
    """Opens pages in a browser; in the end nothing was asked for and nothing complained of."""
    reader = Reader(chromium, tmp_path)
    yield reader
    for context in chromium.contexts:
        context.close()
    assert reader.requests == []
    assert reader.complaints == []
