"""The recurrent modules against PyTorch's, by its own weights; and that they compile."""

from __future__ import annotations

import random

import pytest

import nn
from autograd import Value
from nn import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell

CELLS = [RNNCell, GRUCell, LSTMCell]
SEQUENCES = [RNN, GRU, LSTM]
SIZES = 3, 4


def numbers(x):
    if isinstance(x, (list, tuple)):
        return [numbers(inner) for inner in x]
    return x.data if isinstance(x, Value) else x


RNG = random.Random(0)


def drawn(*shape):
    if not shape:
        return RNG.uniform(-1.0, 1.0)
    return [drawn(*shape[1:]) for _ in range(shape[0])]


def close(ours, theirs, torch):
    found = torch.tensor(numbers(ours), dtype=torch.float64)
    assert found.shape == theirs.shape
    torch.testing.assert_close(found, theirs.detach(), rtol=1e-12, atol=1e-13)


def assert_same_gradients(ours, theirs, torch):
    for (name, parameter), (entry, _) in zip(
        theirs.named_parameters(), ours.state_dict().items(), strict=True
    ):
        assert entry == name

        def grads(x):
            return [grads(inner) for inner in x] if isinstance(x, list) else x.grad

        found = torch.tensor(grads(getattr(ours, name)), dtype=torch.float64)
        torch.testing.assert_close(found, parameter.grad, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_is_pytorchs(kind, bias):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, kind.__name__)(*SIZES, bias=bias, dtype=torch.float64)
    ours = kind(*SIZES, bias=bias)
    ours.load_state_dict(theirs.state_dict())
    x, h, c = drawn(3), drawn(4), drawn(4)
    tx, th, tc = (torch.tensor(v, dtype=torch.float64) for v in (x, h, c))
    pair = kind is LSTMCell
    mine = ours(x, (h, c) if pair else h), ours(x)
    its = theirs(tx, (th, tc) if pair else th), theirs(tx)
    total, their_total = 0.0, 0.0
    for ours_one, theirs_one in zip(mine, its, strict=True):
        for a, b in zip(ours_one, theirs_one, strict=True) if pair else [(ours_one, theirs_one)]:
            close(a, b, torch)
            total = total + sum(v * v * v for v in a)
            their_total = their_total + (b**3).sum()
    total.backward()
    their_total.backward()
    assert_same_gradients(ours, theirs, torch)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", SEQUENCES)
def test_a_sequence_is_pytorchs(kind, layers):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, kind.__name__)(*SIZES, num_layers=layers, dtype=torch.float64)
    ours = kind(*SIZES, layers=layers)
    ours.load_state_dict(theirs.state_dict())
    xs, h, c = drawn(5, 3), drawn(layers, 4), drawn(layers, 4)
    tx, th, tc = (torch.tensor(v, dtype=torch.float64) for v in (xs, h, c))
    for given in (False, True):
        ours.zero_grad()
        theirs.zero_grad()
        if kind is LSTM:
            states = [*zip(h, c, strict=True)] if given else None
            outputs, last = ours(xs, states)
            their_outputs, their_last = theirs(tx, (th, tc) if given else None)
            close([state[0] for state in last], their_last[0], torch)
            close([state[1] for state in last], their_last[1], torch)
        else:
            outputs, last = ours(xs, h if given else None)
            their_outputs, their_last = theirs(tx, th if given else None)
            close(last, their_last, torch)
        close(outputs, their_outputs, torch)
        sum(v * v * v for output in outputs for v in output).backward()
        (their_outputs**3).sum().backward()
        assert_same_gradients(ours, theirs, torch)


@pytest.mark.parametrize(("cell", "sequence"), [*zip(CELLS, SEQUENCES, strict=True)])
def test_a_sequence_is_its_cell_again_and_again(cell, sequence):
    one, many = cell(2, 3, seed=1), sequence(2, 3, seed=1)
    xs, state = drawn(4, 2), None
    for x in xs:
        state = one(x, state)
    assert numbers(many(xs)[1][0]) == numbers(state)


@pytest.mark.parametrize("kind", CELLS)
def test_weights_are_drawn_within_pytorchs_bound_from_a_seed(kind):
    cell = kind(2, 16, seed=3)
    drawn = [p.data for p in cell.parameters()]
    assert max(map(abs, drawn)) <= 0.25 < 1.1 * max(map(abs, drawn))
    assert drawn == [p.data for p in kind(2, 16, seed=3).parameters()]


@pytest.mark.parametrize("kind", SEQUENCES)
def test_training_compiled_is_as_training_eagerly(kind):
    X, y = drawn(8, 4, 2), [0, 1] * 4

    def trained(compile):
        class Last(nn.Module):
            def __init__(self):
                self.over, self.out = kind(2, 3, layers=2, seed=0), nn.Linear(3, 2, seed=1)

            def forward(self, xs):
                return self.out(self.over(xs)[0][-1])

        model = Last()
        nn.fit(
            model, X, y, loss="cross_entropy", lr=0.05, batch_size=4, epochs=3, compile=compile,
            progress=False,
        )  # fmt: skip
        return [p.data for p in model.parameters()]

    assert trained(True) == pytest.approx(trained(False), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", [*CELLS, *SEQUENCES])
def test_what_does_not_fit_is_refused(kind):
    made = kind(2, 3)
    sequence = kind in SEQUENCES
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(2, 3\) takes 2 inputs, not 3"):
        made([[1.0] * 3] if sequence else [1.0] * 3)
    if sequence:
        with pytest.raises(
            TypeError, match=r"takes a sequence, a list of inputs, and was given 1\.0"
        ):
            made(1.0)
        with pytest.raises(
            TypeError, match=r"takes a sequence, a list of inputs, and was given \[\]"
        ):
            made([])
        with pytest.raises(ValueError, match="takes a state for each layer, not 2"):
            made([[1.0, 2.0]], [made.zero()] * 2)
    if kind in (LSTM, LSTMCell):
        with pytest.raises(TypeError, match=r"is a pair of lists, \(h, c\), not \[1.0"):
            made([[1.0, 2.0]], [[1.0] * 3]) if sequence else made([1.0, 2.0], [1.0] * 3)
    with pytest.raises(ValueError, match="nhidden must be at least 1, not 0"):
        kind(2, 0)


@pytest.mark.parametrize(
    "made",
    [
        *(kind(2, 3, bias=False, seed=0) for kind in CELLS),
        *(kind(2, 3, layers=2, seed=0) for kind in SEQUENCES),
    ],
)
def test_they_are_saved_whole(made, tmp_path):
    nn.save(tmp_path / "m.json", made)
    again = nn.load(tmp_path / "m.json")
    assert repr(again) == repr(made)
    assert again.state_dict() == made.state_dict()
    assert type(made).asks_for(made.config()) == len(made.parameters())
