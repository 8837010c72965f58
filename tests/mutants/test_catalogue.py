"""Mutants do not go stale: what each replaces stands where it says."""

from __future__ import annotations

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.packages import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_replaces_is_there(mutant):
    assert mutant.old in (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.new != mutant.old
