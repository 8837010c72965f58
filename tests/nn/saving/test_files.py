from __future__ import annotations

import json
import math
import random
import sys
import tracemalloc
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np
import pytest

import nn
from nn import MLP, Dropout, Layer, Linear, Module, Neuron, Parameter, Sequential, saving
from nn.saving.architecture import rebuild

SUFFIXES = [".json", ".safetensors"]
MODELS = {
    "mlp": lambda: MLP(3, [4, 4, 2], activation="tanh"),
    "one layer": lambda: MLP(3, [2], output_activation="sigmoid", bias=False),
    "neuron": lambda: Neuron(3, activation="gelu", bias=False),
    "layer": lambda: Layer(3, 2, nonlin=False),
    "linear": lambda: Linear(3, 2, bias=False),
    "sequential": lambda: Sequential(
        *(Linear(3, 4), "silu", Dropout(0.25), MLP(4, [3, 2]), nn.ELU(0.5)),
        *(nn.LeakyReLU(0.2), nn.ReLU(), Sequential(), nn.LogSoftmax()),
    ),
}


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"model{request.param}"


def numbers(model):
    return [p.data for p in model.parameters()]


def answers(model):
    out = model.eval()([0.5, -1.0, 2.0])
    return [v.data for v in out] if isinstance(out, list) else [out.data]


# --- there and back --------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_with_its_architecture_and_every_bit(name, path):
    random.seed(3)
    model = MODELS[name]()
    nn.save(path, model)
    again = nn.load(path)
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    assert answers(again) == answers(model)
    assert again.config() == model.config() or name == "sequential"


def test_loading_draws_nothing_from_the_global_generator(path):
    nn.save(path, MODELS["sequential"]())
    random.seed(4)
    before = random.getstate()
    nn.load(path)
    assert random.getstate() == before


EXTREMES = [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, math.inf, -math.inf, math.nan, 1e22]


def test_every_float_comes_back_bit_for_bit(path):
    class Bag(Module):
        def __init__(self):
            self.bag = [Parameter(x) for x in EXTREMES]
            self.float = Parameter(math.nan)

    bag, again = Bag(), Bag()
    for parameter in again.parameters():
        parameter.data = 1.0
    nn.save(path, bag, optimizer={"v": EXTREMES}, notes={"float": math.nan})
    saved = nn.load_into(path, again)
    for xs in (numbers(again)[:-1], saved.optimizer["v"]):
        assert [x.hex() for x in xs] == [x.hex() for x in EXTREMES]
        assert math.copysign(1.0, xs[4]) == -1.0
    assert math.isnan(again.float.data)
    assert math.isnan(saved.notes["float"])


def test_json_files_are_strict_json_for_any_reader(tmp_path):
    model = Neuron(2)
    model.b.data = math.nan
    path = tmp_path / "m.json"
    nn.save(path, model)

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    document = json.loads(path.read_text(), parse_constant=refuse)
    assert document["state"]["b"] == {"float": "nan"}
    assert document["config"]["type"] == "Neuron"


def test_safetensors_files_hold_float64_tensors_for_any_reader(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    model = Linear(3, 2)
    nn.save(tmp_path / "m.safetensors", model)
    tensors = safetensors.load_file(tmp_path / "m.safetensors")
    assert {name: t.shape for name, t in tensors.items()} == {"weight": (2, 3), "bias": (2,)}
    assert tensors["weight"].dtype == np.float64
    assert tensors["weight"].tolist() == model.state_dict()["weight"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_safetensors_files_of_other_libraries_load_into_a_model(tmp_path, dtype):
    safetensors = pytest.importorskip("safetensors.numpy")
    weight = np.arange(6, dtype=dtype).reshape(2, 3)
    tensors = {"weight": weight, "bias": np.ones(2, dtype)}
    safetensors.save_file(tensors, tmp_path / "m.safetensors", metadata={"format": "pt"})
    model = Linear(3, 2)
    nn.load_into(tmp_path / "m.safetensors", model)
    assert numbers(model) == [0.0, 1, 2, 3, 4, 5, 1, 1]
    with pytest.raises(ValueError, match="numbers without an architecture"):
        nn.load(tmp_path / "m.safetensors")


@pytest.mark.parametrize("dtype", ["BF16", "C64"])
def test_numbers_of_types_that_floats_cannot_hold_are_refused(tmp_path, dtype):
    pytest.importorskip("safetensors")
    size = {"BF16": 2, "C64": 8}[dtype]
    entry = {"dtype": dtype, "shape": [1], "data_offsets": [0, size]}
    header = json.dumps({"w": entry}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(size))
    with pytest.raises(ValueError, match=r"numbers of type .*; convert them to float64 or float32"):
        nn.load_into(path, Neuron(1, bias=False))


class Momentum:
    """An optimizer in a few lines, with a state that is strict about what it takes."""

    def __init__(self, model):
        self.parameters = model.parameters()
        self.velocity = [0.0] * len(self.parameters)
        self.steps = 0

    def step(self):
        for i, p in enumerate(self.parameters):
            self.velocity[i] = 0.9 * self.velocity[i] + p.grad
            p.data -= 0.01 * self.velocity[i]
        self.steps += 1

    def state_dict(self):
        return {"velocity": list(self.velocity), "steps": self.steps, "kind": "momentum"}

    def load_state_dict(self, state):
        if state["kind"] != "momentum":
            raise ValueError(f"the state of another optimizer: {state['kind']}")
        self.velocity, self.steps = list(state["velocity"]), state["steps"]


def train(model, optimizer, steps):
    for _ in range(steps):
        model.zero_grad()
        nn.losses.mse(model([0.5, -1.0]), 3.0).backward()
        optimizer.step()


def noisy():
    return Sequential(Linear(2, 8), "tanh", Dropout(0.5), Linear(8, 1))


def test_a_resumed_run_with_dropout_goes_on_bit_for_bit(path):
    model = noisy()
    optimizer = Momentum(model)
    train(model, optimizer, 5)
    nn.save(path, model, optimizer=optimizer, notes={"epoch": 5})
    train(model, optimizer, 5)

    for resumed in (noisy(), nn.load(path)):
        again = Momentum(resumed)
        saved = nn.load_into(path, resumed, again)
        assert saved.notes == {"epoch": 5}
        assert type(again.steps) is int
        train(resumed, again, 5)
        assert numbers(resumed) == numbers(model)
        assert again.state_dict() == optimizer.state_dict()


def test_an_optimizers_state_of_arrays_is_kept(path):
    nn.save(
        path, Neuron(1), optimizer={"m": np.array([0.1, 0.2]), "lr": np.float64(0.5), "x": (1,)}
    )
    assert saving.read(path).optimizer == {"m": [0.1, 0.2], "lr": 0.5, "x": [1]}


def test_classes_of_ones_own_are_rebuilt_if_they_tell_their_arguments(path):
    class Twice(Module):
        def __init__(self, inner, gain):
            self.inner, self.gain = inner, gain

        def forward(self, x):
            return self.gain * self.inner(x)

        def config(self):
            return {"inner": self.inner, "gain": self.gain}

    model = Twice(MLP(3, [2, 1]), 2.5)
    nn.save(path, model)
    assert answers(nn.load(path, types=[Twice])) == answers(model)
    with pytest.raises(
        ValueError, match=r"class Twice is not one of nn's; pass it as types=\[Twice\]"
    ):
        nn.load(path)


@pytest.mark.parametrize(
    "model",
    [
        MLP(2, [3, 1], activation=abs),
        Layer(2, 3, activation=lambda x: x * x),
        Sequential(Linear(2, 1), lambda x: x),
        Sequential(Linear(2, 1), Neuron(1, activation=abs)),
    ],
)
def test_an_architecture_that_cannot_be_told_is_saved_as_numbers(model, path):
    nn.save(path, model)
    assert saving.read(path).config is None
    before = numbers(model)
    with pytest.raises(ValueError, match=r"numbers without an architecture.*load_into"):
        nn.load(path)
    for parameter in model.parameters():
        parameter.data = 7.0
    nn.load_into(path, model)
    assert numbers(model) == before


def test_an_mlp_that_was_changed_by_hand_does_not_pretend_to_be_one():
    model = MLP(2, [3, 3, 1])
    model.layers[1] = Layer(3, 3, activation="tanh")
    assert model.config() is None
    model.layers[1].neurons[0] = Neuron(3, activation="relu")
    assert model.layers[1].config() is None


# --- what does not fit -----------------------------------------------------------------------


def test_another_architecture_of_the_same_shapes_is_refused(path):
    nn.save(path, MLP(2, [3, 1], activation="tanh", seed=1))
    model = MLP(2, [3, 1], activation="relu", seed=2)
    before = numbers(model)
    with pytest.raises(ValueError, match=r"activation: 'tanh' there, 'relu' here.*left as it was"):
        nn.load_into(path, model)
    assert numbers(model) == before
    model.load_state_dict(saving.read(path).state)
    assert numbers(model) != before


def test_dropouts_seed_is_no_difference_in_architecture(path):
    nn.save(path, Sequential(Dropout(0.5, seed=1)))
    model = Sequential(Dropout(0.5, seed=2))
    nn.load_into(path, model)
    assert model[0].seed == 1
    with pytest.raises(ValueError, match=r"layers: .*0.5.* there, .*0.25.* here"):
        nn.load_into(path, Sequential(Dropout(0.25)))


class Box(Module):
    """A model without a config, of any shape."""

    def __init__(self, **sizes):
        for name, size in sizes.items():
            setattr(self, name, [Parameter(1.0) for _ in range(size)])


def test_missing_extra_and_misshapen_entries_are_all_named_and_nothing_changes(path):
    nn.save(path, Box(a=2, b=3, c=1))
    model = Box(a=2, b=2, d=1)
    model.a[0].data = 5.0
    with pytest.raises(
        ValueError,
        match=r"model\..*does not fit Box.*missing: d; extra: c; "
        r"b has shape \(2,\), and the state has shape \(3,\)",
    ):
        nn.load_into(path, model)
    assert numbers(model) == [5.0, 1.0, 1.0, 1.0, 1.0]


def test_an_optimizer_that_refuses_its_state_leaves_the_model_as_it_was(path):
    nn.save(path, Box(a=2), optimizer={"kind": "adam"})
    model = Box(a=2)
    model.a[0].data = 5.0
    with pytest.raises(ValueError, match="another optimizer: adam"):
        nn.load_into(path, model, Momentum(model))
    assert model.a[0].data == 5.0
    nn.save(path, Box(a=2))
    with pytest.raises(ValueError, match="saved without an optimizer's state"):
        nn.load_into(path, model, Momentum(model))
    assert model.a[0].data == 5.0


def test_a_file_cut_off_anywhere_is_refused(path):
    nn.save(path, MLP(2, [2, 1]), notes={"a": 1})
    whole = path.read_bytes()
    model = MLP(2, [2, 1])
    before = numbers(model)
    for n in [0, 1, 7, 8, 9, *range(10, len(whole) - 1, 37), len(whole) - 3]:
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=r"model\.\w+ is damaged"):
            nn.load_into(path, model)
        with pytest.raises(ValueError, match=r"model\.\w+ is damaged"):
            nn.load(path)
    assert numbers(model) == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04pickle", "is damaged or no JSON file"),
        (b"[1, 2]", "no model saved by valuegrad"),
        (b'{"a": 1}', "no model saved by valuegrad"),
        (b'{"format": "valuegrad", "version": 99}', "version 99 of the format"),
        (b'{"format": "valuegrad", "version": 1}', "its state is None"),
        (b'{"format": "valuegrad", "version": 1, "state": [1]}', r"its state is \[1\]"),
        (
            b'{"format": "valuegrad", "version": 1, "state": {}, "optimizer": 3}',
            "its optimizer is 3",
        ),
        (b'{"format":"valuegrad","version":1,"state":{},"config":{}}', "describes no architecture"),
        (b'{"format":"valuegrad","version":1,"state":{},"config":{"type":[]}}', "cannot rebuild"),
        (
            b'{"format":"valuegrad","version":1,"state":{},"config":{"type":"MLP"}}',
            "cannot rebuild",
        ),
        (
            b"""{"format":"valuegrad","version":1,"state":{"a":[1,2]},
            "config":{"type":"MLP","nin":1,"nouts":[1]}}""",
            r"cannot rebuild.*missing: layers\[0\]",
        ),
        (
            b'{"format":"valuegrad","version":1,"state":{},"config":{"type":"Sequential"}}',
            "rebuild",
        ),
        (b"[" * 100_000, "is damaged or no JSON file"),
    ],
)
def test_foreign_json_files_are_refused(tmp_path, content, message):
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        nn.load(path)


# --- files that ask for more than they hold --------------------------------------------------

GREEDY = {
    "wide layers": {"type": "MLP", "nin": 1, "nouts": [30_000, 30_000, 1]},
    "many layers": {"type": "MLP", "nin": 1, "nouts": [1] * 10**5},
    "one layer": {"type": "Linear", "nin": 10**9, "nout": 10**9, "bias": False},
    "one neuron": {"type": "Neuron", "nin": 10**9},
    "inside": {"type": "Sequential", "layers": [{"type": "Layer", "nin": 2, "nout": 10**9}]},
}


def header_of(entries, data=b""):
    """A safetensors file, written by hand."""
    header = json.dumps(entries).encode()
    return len(header).to_bytes(8, "little") + header + data


def document_of(suffix, **parts):
    """A file with these parts as they stand, in the format of that suffix."""
    if suffix == ".json":
        return json.dumps({"format": "valuegrad", "version": 1, "state": {}, **parts}).encode()
    metadata = {"format": "valuegrad", "version": "1"}
    return header_of({"__metadata__": metadata | {k: json.dumps(v) for k, v in parts.items()}})


@contextmanager
def little_memory(most):
    """Python's own allocations stay below so many bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", GREEDY)
def test_a_description_is_held_against_the_file_before_anything_is_built(path, name):
    path.write_bytes(document_of(path.suffix, config=GREEDY[name]))
    with (
        little_memory(15_000_000),
        pytest.raises(ValueError, match=r"rebuild the model in .*asks for \d+ parameters.* 0 num"),
    ):
        nn.load(path)


@pytest.mark.parametrize("shape", [[2**28, 0], [2**28, 0, 3], [2**14, 2**14, 0]])
def test_tensors_of_nothing_but_their_shape_are_refused(tmp_path, shape):
    pytest.importorskip("safetensors")
    path = tmp_path / "m.safetensors"
    path.write_bytes(header_of({"w": {"dtype": "F64", "shape": shape, "data_offsets": [0, 0]}}))
    with (
        little_memory(1_000_000),
        pytest.raises(ValueError, match=r"m\.safetensors is damaged: it"),
    ):
        saving.read(path)


def test_lists_without_numbers_come_back(path):
    class Empty(Module):
        buffers = ("history",)
        history = ()

    for history in ([], [[], []]):
        model, again = Empty(), Empty()
        model.history = history
        again.history = history
        nn.save(path, model)
        nn.load_into(path, again)
        assert again.history == history


def nested(depth, inside=1.0):
    for _ in range(depth):
        inside = [inside]
    return inside


@pytest.mark.parametrize("part", ["notes", "optimizer"])
def test_what_is_nested_as_deep_as_a_file_may_be_comes_back(path, part):
    deepest = {"a": nested(saving.DEEPEST - 1, math.inf)}
    nn.save(path, Neuron(1), **{part: deepest})
    assert getattr(saving.read(path), part) == deepest
    before = path.read_bytes()
    with pytest.raises(ValueError, match=rf"{part}\['a'\].* is deeper"):
        nn.save(path, Neuron(1), **{part: {"a": nested(saving.DEEPEST)}})
    assert path.read_bytes() == before


@pytest.mark.parametrize("depth", [saving.DEEPEST + 3, 300, 600, 100_000])
@pytest.mark.parametrize("part", ["notes", "optimizer", "config"])
def test_a_file_that_is_nested_deeper_is_refused_by_name(path, part, depth):
    content = document_of(path.suffix, **{part: {"a": "DEEP"}})
    bracket = b"[" * depth + b"]" * depth
    if path.suffix == ".json":
        content = content.replace(b'"DEEP"', bracket)
    else:
        content = header_of(json.loads(content[8:].replace(b'\\"DEEP\\"', bracket)))
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.\w+ is damaged .*nested deeper than 100"):
        saving.read(path)


@pytest.mark.parametrize("part", ["version", "notes", "state"])
def test_an_integer_of_thousands_of_digits_is_refused_by_name(tmp_path, part):
    for suffix in SUFFIXES:
        if suffix == ".safetensors" and (part == "state" or not find_spec("safetensors")):
            continue
        path = tmp_path / f"model{suffix}"
        content = document_of(suffix, **{part: 314} if part == "version" else {part: {"a": 314}})
        content = content.replace(b"314", b"9" * 5_000)
        if suffix == ".safetensors":
            content = len(content[8:]).to_bytes(8, "little") + content[8:]
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.\w+ is damaged or no .* file: .*digits"):
            saving.read(path)


def test_a_number_too_large_for_a_float_is_refused_like_any_misfit(tmp_path):
    path = tmp_path / "m.json"
    path.write_bytes(document_of(".json", state={"a": [1.0, 10**400]}))
    model = Box(a=2)
    with pytest.raises(
        ValueError, match=r"m\.json: .*does not fit Box.*a is too large for a float"
    ):
        nn.load_into(path, model)
    assert numbers(model) == [1.0, 1.0]


@pytest.mark.parametrize("entry", ["x", None, {"a": 1}, [1, [2]], True])
def test_a_state_with_no_numbers_in_it_is_refused(tmp_path, entry):
    path = tmp_path / "m.json"
    nn.save(path, Box(a=2))
    document = json.loads(path.read_text())
    document["state"]["a"] = entry
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"a has shape \(2,\), and the state has"):
        nn.load_into(path, Box(a=2))


def test_a_model_of_the_wrong_file_kind_is_refused(tmp_path):
    pytest.importorskip("safetensors")
    nn.save(tmp_path / "m.json", Neuron(1))
    (tmp_path / "m.json").rename(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="damaged or no safetensors file"):
        nn.load(tmp_path / "m.safetensors")
    nn.save(tmp_path / "m.safetensors", Neuron(1))
    (tmp_path / "m.safetensors").rename(tmp_path / "m.json")
    with pytest.raises(ValueError, match="damaged or no JSON file"):
        nn.load(tmp_path / "m.json")


@pytest.mark.parametrize("name", ["model.pt", "model.pkl", "model", "json"])
def test_other_suffixes_are_refused_before_anything_happens(tmp_path, name):
    for call in (
        lambda: nn.save(tmp_path / name, Neuron(1)),
        lambda: nn.load(tmp_path / name),
        lambda: nn.load_into(str(tmp_path / name), Neuron(1)),
    ):
        with pytest.raises(ValueError, match=r"suffix must be .json or .safetensors, not"):
            call()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_the_systems_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "none.json")
    with pytest.raises(FileNotFoundError):
        nn.save(tmp_path / "no" / "folder.json", Neuron(1))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"optimizer": {"p": Parameter(1.0)}}, r"optimizer\['p'\] is a Parameter"),
        ({"notes": {"a": [1, {2}]}}, r"notes\['a'\]\[1\] is a set, which cannot be saved"),
        ({"notes": {"a": {3: 1}}}, r"keys must be strings to be saved, and notes\['a'\] has 3"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_old_file_kept(path, kwargs, message):
    nn.save(path, Neuron(1, init=1.0))
    before = path.read_bytes()
    with pytest.raises(TypeError, match=message):
        nn.save(path, Neuron(1, init=2.0), **kwargs)
    assert path.read_bytes() == before
    with pytest.raises(TypeError, match="save needs a Module, not dict"):
        nn.save(path, {})


def test_a_missing_library_says_how_to_get_it_or_do_without(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install safetensors \(or save as .json"):
        nn.save(tmp_path / "m.safetensors", Neuron(1))
    assert list(tmp_path.iterdir()) == []


# --- the file itself -------------------------------------------------------------------------


def test_the_file_is_complete_before_it_bears_its_name(path, monkeypatch):
    seen = []
    replace = type(path).replace

    def spy(self, target):
        seen.append((self.parent, saving.read(self.rename(self.with_suffix(path.suffix)))))
        self.with_suffix(path.suffix).rename(self)
        return replace(self, target)

    monkeypatch.setattr(type(path), "replace", spy)
    model = Neuron(1)
    nn.save(path, model)
    assert [(folder, saved.state) for folder, saved in seen] == [(path.parent, model.state_dict())]


@pytest.mark.parametrize(("bias", "parameters"), [(True, 15), (False, 12)])
def test_a_description_may_ask_for_just_as_many_parameters_as_there_are_numbers(bias, parameters):
    description = {"type": "Linear", "nin": 4, "nout": 3, "bias": bias}
    assert len(rebuild(description, most=parameters).parameters()) == parameters
    message = f"asks for {parameters} parameters, and there are {parameters - 1}"
    with pytest.raises(ValueError, match=message):
        rebuild(description, most=parameters - 1)
