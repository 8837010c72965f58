"""Weights that PyTorch trained, in files that it wrote, give its outputs here, and the other way round."""

from __future__ import annotations

import pytest

import nn
from nn import saving

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


class Theirs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.table = torch.nn.Embedding(7, 3)
        self.over = torch.nn.LSTM(3, 4, num_layers=2, batch_first=True)
        self.norm = torch.nn.LayerNorm(4)
        self.head = torch.nn.Sequential(
            torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)
        )

    def forward(self, words):
        outputs, _ = self.over(self.table(words))
        return self.head(self.norm(outputs[:, -1]))


class Ours(nn.Module):
    def __init__(self):
        self.table = nn.Embedding(7, 3)
        self.over = nn.LSTM(3, 4, layers=2)
        self.norm = nn.LayerNorm(4)
        self.head = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))

    def forward(self, words):
        outputs, _ = self.over(self.table(words))
        return self.head(self.norm(outputs[-1]))


X = [[(3 * i + j * j) % 7 for j in range(4)] for i in range(12)]
Y = [i % 2 for i in range(12)]


@pytest.fixture
def trained():
    torch.manual_seed(0)
    model = Theirs()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.tensor(X)), torch.tensor(Y))
        loss.backward()
        optimizer.step()
    return model


def test_a_model_trained_there_answers_the_same_here(trained, tmp_path):
    from safetensors.torch import save_file

    save_file(trained.state_dict(), tmp_path / "theirs.safetensors")
    ours = Ours()
    saving.load_into(tmp_path / "theirs.safetensors", ours)
    exact = trained.double()(torch.tensor(X)).tolist()
    for found, expected in zip(nn.predict(ours, X), exact, strict=True):
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_a_state_goes_there_and_back_without_a_file(trained):
    ours = Ours()
    ours.load_state_dict(trained.state_dict())
    assert list(ours.state_dict()) == list(trained.state_dict())
    back = {name: torch.tensor(entry) for name, entry in ours.state_dict().items()}
    trained.load_state_dict(back)
    assert back["head.2.bias"].tolist() == trained.state_dict()["head.2.bias"].tolist()


def test_a_file_of_ours_loads_there(tmp_path):
    from safetensors.torch import load_file

    ours = nn.Sequential(nn.Linear(2, 3, seed=0), nn.Tanh(), nn.Linear(3, 1, seed=1))
    nn.save(tmp_path / "ours.safetensors", ours)
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    theirs.double().load_state_dict(load_file(tmp_path / "ours.safetensors"))
    x = [0.5, -1.0]
    out = theirs(torch.tensor(x, dtype=torch.float64)).item()
    assert ours(x).data == pytest.approx(out, rel=1e-14)


def test_what_fits_is_taken_where_not_all_does(trained, tmp_path):
    from safetensors.torch import save_file

    path = tmp_path / "theirs.safetensors"
    save_file(trained.state_dict(), path)

    class Headless(nn.Module):
        def __init__(self):
            self.table, self.own = nn.Embedding(7, 3), nn.Linear(2, 1)

    model = Headless()
    own = model.own.state_dict()
    with pytest.raises(ValueError, match=r"missing: own.weight, own.bias; extra: "):
        saving.load_into(path, model)
    misfits = model.load_state_dict(saving.read(path).state, strict=False)
    assert misfits.missing == ["own.weight", "own.bias"]
    assert "head.0.weight" in misfits.extra
    assert model.own.state_dict() == own
    assert model.table.state_dict()["weight"] == trained.table.weight.tolist()
    again = Headless()
    saving.load_into(path, again, strict=False)
    assert again.table.state_dict() == model.table.state_dict()


def test_what_is_of_another_shape_is_refused_also_where_not_all_must_fit(trained):
    model = nn.Sequential(nn.Linear(4, 6))
    with pytest.raises(ValueError, match=r"0.weight has shape \(6, 4\), and the state has shape"):
        model.load_state_dict(trained.head.state_dict(), strict=False)
