from __future__ import annotations

import math
import random
import statistics

import numpy as np
import pytest

import nn
from nn import Linear, Neuron, init

IN, OUT = 8, 24
VARIANCES = {
    "uniform": 1 / 3,
    "normal": 1.0,
    "xavier_uniform": 2 / (IN + OUT),
    "xavier_normal": 2 / (IN + OUT),
    "he_uniform": 2 / IN,
    "he_normal": 2 / IN,
    "lecun_uniform": 1 / IN,
    "lecun_normal": 1 / IN,
    "zeros": 0.0,
    "ones": 0.0,
}


def draws(name, rng=None, n=20_000):
    rng = rng or random.Random(7)
    return [init.get(name)(rng, IN, OUT) for _ in range(n)]


@pytest.mark.parametrize("name", init.INITIALIZERS)
def test_the_variance_is_the_one_of_the_paper(name):
    numbers = draws(name)
    assert all(type(x) is float for x in numbers)
    assert statistics.fmean(numbers) == pytest.approx(float(name == "ones"), abs=0.03)
    assert statistics.pvariance(numbers) == pytest.approx(VARIANCES[name], rel=0.04)


@pytest.mark.parametrize("name", init.INITIALIZERS)
def test_uniform_numbers_fill_their_interval_and_normal_ones_exceed_it(name):
    bound = math.sqrt(3 * VARIANCES[name])
    largest = max(map(abs, draws(name)))
    if "uniform" in name:
        assert 0.99 * bound < largest <= bound
    elif "normal" in name:
        assert largest > 1.5 * bound


@pytest.mark.parametrize("name", ["he_uniform", "he_normal"])
def test_numpys_generators_will_do(name):
    numbers = draws(name, np.random.default_rng(1), 5000)
    assert statistics.pvariance(numbers) == pytest.approx(VARIANCES[name], rel=0.08)


def test_a_layer_tells_its_initialiser_both_fans():
    seen = set()

    def spy(rng, fan_in, fan_out):
        seen.add((fan_in, fan_out))
        return 0.0

    Linear(3, 5, init=spy, bias_init=spy)
    Neuron(2, init=spy)
    nn.Layer(4, 6, init=spy)
    assert seen == {(3, 5), (2, 1), (4, 6)}


def test_a_number_stands_for_a_constant_and_factories_give_initialisers():
    assert init.get(0.5)(None, 1, 1) == 0.5
    assert init.constant(2)(None, 1, 1) == 2.0
    assert 3.0 <= init.uniform(3.0, 4.0)(random.Random(0), 1, 1) <= 4.0
    assert init.normal(1e-9, mean=5.0)(random.Random(0), 1, 1) == pytest.approx(5.0)
    neuron = Neuron(2, init=0.25, bias_init=-1.0)
    assert [p.data for p in neuron.parameters()] == [0.25, 0.25, -1.0]


def test_unknown_initialisers_are_refused_with_the_known():
    with pytest.raises(ValueError, match="no initialiser is called 'kaiming'; there are uniform,"):
        init.get("kaiming")
    with pytest.raises(TypeError, match=r"a name, a number or a function, not \[1\]"):
        init.get([1])


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_numpys_whole_numbers_are_seeds_like_pythons(kind):
    assert nn.MLP(2, [3, 1], seed=kind(3)).state_dict() == nn.MLP(2, [3, 1], seed=3).state_dict()
    assert nn.Dropout(0.5, seed=kind(3)).seed == 3
    for make in (nn.datasets.moons, nn.datasets.sine):
        assert make(9, noise=0.1, seed=kind(3)) == make(9, noise=0.1, seed=3)
    data = nn.datasets.moons(9)
    again = nn.datasets.train_test_split(*data, test_size=3, seed=kind(3))
    assert again == nn.datasets.train_test_split(*data, test_size=3, seed=3)


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        (1.5, TypeError, "seed must be a whole number, not 1.5"),
        ("a", TypeError, "seed must be a whole number, not 'a'"),
        (-1, ValueError, "seed must be at least 0, not -1"),
    ],
)
def test_what_is_no_seed_is_refused(seed, error, message):
    for make in (lambda: nn.Linear(2, 1, seed=seed), lambda: nn.datasets.moons(9, seed=seed)):
        with pytest.raises(error, match=message):
            make()


def test_a_seed_and_a_generator_cannot_both_be_had():
    with pytest.raises(ValueError, match="give seed= or rng=, not both"):
        nn.Neuron(2, seed=0, rng=random.Random(0))
