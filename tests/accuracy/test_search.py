"""The accuracy of derivatives, on few points a row; ``python -m tests.accuracy`` looks at many."""

from __future__ import annotations

import math

import pytest

from autograd.namespaces import IEEE
from autograd.primitives import TABLE, TRACED, Primitive

from .__main__ import main
from .exact import EXACT
from .known import LIMIT
from .search import worst_of


def test_every_row_has_exact_derivatives():
    assert set(EXACT) == set(TABLE) - {"where"}
    for name, exact in EXACT.items():
        arity = TABLE[name].arity
        assert arity in {None, exact.arity}
        assert len(exact.second) == exact.arity * (exact.arity + 1) // 2


@pytest.mark.parametrize("name", EXACT)
def test_first_and_second_partials_keep_twelve_digits(name):
    for (order, mode), worst in worst_of(TABLE[name], points=400, seed=1).items():
        assert worst.error <= LIMIT, (order, mode, worst)


def test_a_name_without_derivatives_to_search_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["where"])
    assert "'where' is no row with derivatives to search" in capsys.readouterr().err


def test_the_search_finds_a_narrow_fault():
    def define(xp):
        """tanh, whose derivative is 2 in a small interval."""
        return xp.tanh, lambda out, x: xp.where(xp.abs(x - 19.0) < 1e-3, 2.0, 1.0 - out * out)

    row = Primitive(define, "tanh", 1, False, None, None)
    row.name = "tanh"
    row.forward, row.partials = row.bind(IEEE)
    row.traced = row.bind(TRACED).partials
    worst = worst_of(row, points=4000)[1, "eager"]
    assert worst.error > 1e10
    assert math.isclose(worst.point[0], 19.0, abs_tol=1e-3)
