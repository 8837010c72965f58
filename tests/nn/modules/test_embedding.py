from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from nn import Embedding


def test_a_row_is_found_by_its_number_however_that_comes():
    table = Embedding(5, 2, seed=0)
    for index in (3, 3.0, np.int64(3), True + 2):
        assert table(index) == table.weight[3]
    assert table(np.array([1, 3])) == table((1, 3)) == [table.weight[1], table.weight[3]]


def test_outputs_and_gradients_are_pytorchs():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.Embedding(5, 2, dtype=torch.float64)
    ours = Embedding(5, 2)
    ours.load_state_dict(theirs.state_dict())
    rows = ours([1, 3, 1])
    sum(v * v for row in rows for v in row).backward()
    (theirs(torch.tensor([1, 3, 1])) ** 2).sum().backward()
    assert [[p.grad for p in row] for row in ours.weight] == theirs.weight.grad.tolist()


@pytest.mark.parametrize("index", [5, -1])
def test_a_row_that_is_not_there_is_named(index):
    with pytest.raises(ValueError, match=rf"has rows 0 to 4, and none {index}"):
        Embedding(5, 2)(index)


@pytest.mark.parametrize("index", [1.5, "a", None, autograd.Value(1.0) * 2])
def test_what_is_no_number_of_a_row_is_refused(index):
    if isinstance(index, autograd.Value):
        assert [v.data for v in Embedding(5, 2, init=1.0)(index)] == [1.0, 1.0]
        return
    with pytest.raises(TypeError, match="takes the number of a row, not"):
        Embedding(5, 2)(index)


class Words(nn.Module):
    def __init__(self):
        self.table, self.out = Embedding(6, 3, seed=0), nn.Linear(6, 2, seed=1)

    def forward(self, words):
        first, second = self.table(words)
        return self.out(first + second)


X = [[i % 6, (5 * i) % 6] for i in range(12)]
Y = [i % 2 for i in range(12)]


def trained(compile, X=X, **options):
    model = Words()
    nn.fit(
        model, X, Y, loss="cross_entropy", lr=0.05, batch_size=4, epochs=3, compile=compile,
        progress=False, **options,
    )  # fmt: skip
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize("kind", [list, np.array])
def test_training_compiled_is_as_training_eagerly(kind):
    assert trained(True, kind(X)) == pytest.approx(trained(False), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("compile", [True, False])
def test_an_index_without_a_row_is_told_by_a_compiled_step_too(compile):
    with pytest.raises(ValueError, match="has rows 0 to 5, and none 6"):
        trained(compile, [*X[:-1], [0, 6]])


def test_many_predictions_are_as_few():
    model = Words()
    assert nn.predict(model, X * 10)[:12] == [
        pytest.approx(out, rel=1e-12) for out in nn.predict(model, X)
    ]
    with pytest.raises(ValueError, match="has rows 0 to 5, and none 9"):
        nn.predict(model, [X[0], [9, 0], *(X * 10)])


def test_it_is_saved_whole(tmp_path):
    made = Embedding(4, 3, seed=0)
    nn.save(tmp_path / "m.json", made)
    again = nn.load(tmp_path / "m.json")
    assert (repr(again), again.state_dict()) == ("Embedding(4, 3)", made.state_dict())
    assert Embedding.asks_for(made.config()) == 12
