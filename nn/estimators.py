"""Nets as scikit-learn's estimators: for pipelines, grid searches and cross-validation.

>>> from nn import MLPClassifier
>>> from sklearn.datasets import load_iris
>>> from sklearn.model_selection import cross_val_score
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> X, y = load_iris(return_X_y=True)
>>> pipeline = make_pipeline(StandardScaler(), MLPClassifier(hidden=(8,), epochs=30, random_state=0))
>>> bool(cross_val_score(pipeline, X, y, cv=3).mean() > 0.9)
True

They are thin: what they train is an :class:`nn.MLP` with :func:`nn.fit`, and it is there as ``model_``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "nn.MLPClassifier and nn.MLPRegressor are scikit-learn's estimators, which needs 1.6 or newer of it: "
        'python -m pip install "scikit-learn>=1.6"'
    ) from error

from nn import optim
from nn.modules.layers import MLP
from nn.training.evaluation import predict
from nn.training.fit import fit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    Array = Any


class _Estimator(BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """What the two have in common: everything but what a target is."""

    _loss: str
    n_features_in_: int  # which scikit-learn sets

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        *,
        activation: str = "relu",
        optimizer: str = "adam",
        lr: float = 0.01,
        weight_decay: float = 0.0,
        epochs: int = 100,
        batch_size: int | None = 32,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def _begin(self, nouts: int) -> None:
        """A new net and its optimizer."""
        seeds = check_random_state(self.random_state)
        self.model_ = MLP(
            self.n_features_in_,
            [*self.hidden, nouts],
            activation=self.activation,
            init="xavier_uniform",
            seed=int(seeds.randint(2**31)),
        )
        self._seed = int(seeds.randint(2**31))
        kind = optim.by_name(self.optimizer)
        self._optimizer = kind(self.model_.parameters(), self.lr, weight_decay=self.weight_decay)

    def _train(self, X: Array, y: Any, sample_weight: Any, epochs: int) -> None:
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X).tolist()
        self.history_ = fit(
            self.model_,
            X,
            y,
            loss=self._loss,
            optimizer=self._optimizer,
            epochs=epochs,
            batch_size=self.batch_size,
            sample_weight=weights,
            seed=self._seed,
            progress=self.verbose,
        )
        self.n_iter_ = epochs

    def _outputs(self, X: Any) -> Array:
        """The net's outputs, a row of them for each sample."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return np.asarray(predict(self.model_, X), dtype=float).reshape(len(X), -1)


class MLPClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """A net that tells classes apart: as many outputs as classes, and the cross-entropy of their softmax.

    Args:
        hidden: the sizes of the hidden layers.
        activation: of the hidden layers, by name.
        optimizer: by name.
        lr: the learning rate.
        weight_decay: the optimizer's.
        epochs: how often ``fit`` goes through the samples; ``partial_fit`` goes once.
        batch_size: samples a step; None takes all.
        random_state: an int, a NumPy RandomState or None: of the first weights and the order of samples.
        verbose: whether to show a bar.

    Attributes:
        classes_: the labels, sorted: numbers, strings, whatever scikit-learn takes.
        model_: the :class:`nn.MLP`.
        history_: the :class:`nn.History` of the last call.
        n_features_in_: how many numbers a sample has.

    >>> from nn import MLPClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> MLPClassifier(hidden=(8,), lr=0.1, random_state=0).fit(X, y).predict([[0.2], [2.8]]).tolist()
    ['low', 'high']
    """

    _loss = "cross_entropy"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new net.

        Args:
            X: the samples, of shape (n, features).
            y: their labels, of shape (n,).
            sample_weight: how much each sample counts, of shape (n,); all alike by default.

        Raises:
            ValueError: if shapes do not go together, or there is a nan; the message is scikit-learn's.
        """
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self._begin(max(2, len(self.classes_)))
        self._train(X, labels, sample_weight, self.epochs)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go through samples once more, with the net that is there.

        Args:
            X: the samples.
            y: their labels.
            classes: all labels that will ever come; needed in the first call.
            sample_weight: as of :meth:`fit`.

        Raises:
            ValueError: if classes are missing in the first call, others in a later one, or y has a label that is
                not among them.
        """
        first = not hasattr(self, "model_")
        X, y = validate_data(self, X, y, reset=first)
        check_classification_targets(y)
        if first:
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit")
            self.classes_ = np.unique(classes)
            self._begin(max(2, len(self.classes_)))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} are not those of the first call, {self.classes_!r}"
            )
        strange = np.setdiff1d(y, self.classes_)
        if len(strange):
            raise ValueError(f"y has the label {strange[0]!r}, which is not among classes")
        self._train(X, np.searchsorted(self.classes_, y), sample_weight, 1)
        return self

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, of shape (n, classes)."""
        outputs = self._outputs(X)
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        if len(self.classes_) == 1:
            probabilities = np.ones((len(outputs), 1))
        return probabilities

    def predict(self, X: Any) -> Array:
        """The most probable label of each sample, of shape (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class MLPRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A net that foretells numbers, by the mean squared error.

    Args and attributes are those of :class:`MLPClassifier`, without ``classes_``.

    >>> from nn import MLPRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> MLPRegressor(hidden=(8,), lr=0.1, random_state=0).fit(X, y).predict([[1.5]]).round(1).tolist()
    [4.0]
    """

    _loss = "mse"

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train a new net.

        Args:
            X: the samples, of shape (n, features).
            y: the numbers to foretell, of shape (n,) or (n, outputs).
            sample_weight: how much each sample counts, of shape (n,); all alike by default.

        Raises:
            ValueError: if shapes do not go together, or there is a nan; the message is scikit-learn's.
        """
        return self._learn(X, y, sample_weight, self.epochs, anew=True)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go through samples once more, with the net that is there."""
        return self._learn(X, y, sample_weight, 1, anew=not hasattr(self, "model_"))

    def _learn(self, X: Any, y: Any, sample_weight: Any, epochs: int, *, anew: bool) -> Self:
        X, y = validate_data(self, X, y, reset=anew, multi_output=True, y_numeric=True)
        if anew:
            self._begin(1 if y.ndim == 1 else y.shape[1])
            self._flat = y.ndim == 1
        self._train(X, y.astype(float), sample_weight, epochs)
        return self

    def predict(self, X: Any) -> Array:
        """The numbers foretold, in the shape of those that were learned."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._flat else outputs

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
