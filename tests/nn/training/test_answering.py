"""A model's answers for many samples: by a program for as long as that is what the model computes."""

from __future__ import annotations

import pytest

import nn
from nn.training.answering import Answering, numbers, values

ROWS = [[i / 100.0, 1.0] for i in range(150)]


class Scaled(nn.Module):
    def __init__(self):
        self.w = nn.Parameter(2.0)
        self.scale = 1.0
        self.kind = "line"

    def forward(self, x):
        if self.kind == "list":
            return [self.w * x[0], x[1]]
        if self.kind == "pair":
            return self.w * x[0], [x[1]]
        return self.scale * self.w * x[0]


def expected(model):
    return [numbers(model(row)) for row in ROWS]


def test_answers_follow_what_the_model_reads():
    model = Scaled()
    answering = Answering(model, [model.w])
    for model.scale in (1.0, 2.0, 3.0, 0.0):
        for model.w.data in (2.0, 5.0):
            assert answering(ROWS) == pytest.approx(expected(model), rel=1e-12)
    assert answering.recordings == 4, "a parameter is read at each call"
    for model.kind in ("list", "line", "list"):
        assert answering(ROWS) == [pytest.approx(x, rel=1e-12) for x in expected(model)]


def test_a_model_that_changes_something_is_asked_itself():
    class Counting(Scaled):
        def forward(self, x):
            self.scale += 1.0
            return super().forward(x)

    model = Counting()
    assert Answering(model)(ROWS) is None
    assert model.scale == 1.0


def test_a_model_that_reads_a_moving_parameters_number_is_asked_itself():
    model = Scaled()
    model.forward = lambda x: model.w.data * x[0]
    assert Answering(model, [model.w])(ROWS) is None
    assert Answering(model)(ROWS) == pytest.approx(expected(model))


def test_many_answers_are_those_of_each_row_in_any_structure():
    model = Scaled()
    model.kind = "pair"
    assert nn.predict(model, ROWS)[3] == [2.0 * 0.03, [1.0]]


def test_numbers_become_values_and_back():
    assert numbers(values([1.0, [2.0, 3.0]])) == [1.0, [2.0, 3.0]]


@pytest.mark.parametrize("rows", [5, 99, 100, 150])
def test_a_loss_gets_values_at_any_number_of_rows(rows):
    X, y = nn.datasets.moons(rows + rows % 2, seed=0)
    y = [2 * label - 1 for label in y]
    model = nn.MLP(2, [3, 1], seed=0)
    kinds = set()

    def hinge(score, target):
        kinds.add(type(score).__name__)
        return (1 + -target * score).relu()

    found = nn.evaluate(model, X, y, loss=hinge)["loss"]
    assert kinds == {"Value"}
    assert found == pytest.approx(
        sum(max(0.0, 1 - t * model(x).data) for x, t in zip(X, y, strict=True)) / len(X)
    )
