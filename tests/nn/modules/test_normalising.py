from __future__ import annotations

import pytest

import nn
from autograd import Value
from nn import LayerNorm, RMSNorm

ROWS = [[1.0, -2.0, 0.5, 3.0], [1e-3, 1e-3, 1.1e-3, 0.9e-3], [1e6, 2e6, -1e6, 5.0]]


@pytest.mark.parametrize("options", [{}, {"eps": 0.1}])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_outputs_and_gradients_are_pytorchs(kind, row, options):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, kind.__name__)(4, dtype=torch.float64, **options)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.copy_(torch.tensor([0.5, -1.0, 2.0, 1.5]))
    ours = kind(4, **options)
    ours.load_state_dict(theirs.state_dict())
    x, tx = [Value(v) for v in row], torch.tensor(row, dtype=torch.float64, requires_grad=True)
    out, their_out = ours(x), theirs(tx)
    assert [v.data for v in out] == pytest.approx(their_out.tolist(), rel=1e-9, abs=1e-12)
    sum(v**3 for v in out).backward()
    (their_out**3).sum().backward()
    scale = max(map(abs, tx.grad.tolist()))
    assert [v.grad for v in x] == pytest.approx(tx.grad.tolist(), rel=1e-8, abs=1e-8 * scale)
    for name, parameter in theirs.named_parameters():
        found = [p.grad for p in getattr(ours, name)]
        assert found == pytest.approx(parameter.grad.tolist(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_training_compiled_is_as_training_eagerly(kind):
    def trained(compile):
        model = nn.Sequential(nn.Linear(2, 4, seed=0), kind(4), "tanh", nn.Linear(4, 2, seed=1))
        nn.fit(
            model, *nn.datasets.moons(20), loss="cross_entropy", lr=0.05, batch_size=5, epochs=3,
            compile=compile, progress=False,
        )  # fmt: skip
        return [p.data for p in model.parameters()]

    assert trained(True) == pytest.approx(trained(False), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", [LayerNorm, RMSNorm])
def test_it_takes_as_many_numbers_as_it_has_and_is_saved_whole(kind, tmp_path):
    made = kind(4, eps=0.5)
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(4\) takes 4 inputs, not 3"):
        made([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="size must be at least 1, not 0"):
        kind(0)
    with pytest.raises(ValueError, match="eps must be at least 0, not -1"):
        kind(4, eps=-1)
    nn.save(tmp_path / "m.json", made)
    again = nn.load(tmp_path / "m.json")
    assert (again.eps, again.state_dict()) == (0.5, made.state_dict())
    assert kind.asks_for(made.config()) == len(made.parameters())
