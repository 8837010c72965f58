"""The estimators are scikit-learn's in all that scikit-learn checks, and train what nn.fit trains."""

from __future__ import annotations

import subprocess
import sys

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn", minversion="1.6")

from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import nn


def expected_failures(estimator):
    """What mini-batches cannot promise."""
    reason = "a sample of weight 2 stands in one batch, two samples of weight 1 may stand in two"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@parametrize_with_checks(
    [nn.MLPClassifier(epochs=60, random_state=0), nn.MLPRegressor(epochs=60, random_state=0)],
    expected_failed_checks=expected_failures,
)
def test_scikit_learns_own_check_holds(estimator, check):
    check(estimator)


def test_labels_may_be_strings():
    X, y = load_iris(return_X_y=True)
    names = load_iris().target_names[y]
    net = make_pipeline(StandardScaler(), nn.MLPClassifier(random_state=0)).fit(X, names)
    assert net.score(X, names) > 0.95
    assert set(net.predict(X[:3])) == {"setosa"}
    probabilities = net.predict_proba(X)
    assert probabilities.shape == (150, 3)
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-12)


def test_a_grid_search_finds_the_better_learning_rate():
    X, y = load_wine(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), nn.MLPClassifier((8,), epochs=20, random_state=0))
    search = GridSearchCV(pipeline, {"mlpclassifier__lr": [1e-6, 0.01]}, cv=3).fit(X, y)
    assert search.best_params_ == {"mlpclassifier__lr": 0.01}
    assert search.best_score_ > 0.9


def test_numbers_are_foretold_one_or_several_at_a_time():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = np.stack([X[:, 0] + X[:, 1], X[:, 1] - X[:, 2]], axis=1)
    assert nn.MLPRegressor(epochs=60, random_state=0).fit(X, y).score(X, y) > 0.98
    one = nn.MLPRegressor(epochs=60, random_state=0).fit(X, y[:, 0])
    assert one.predict(X).shape == (200,)
    assert cross_val_score(nn.MLPRegressor(random_state=0), X, y[:, 0], cv=3).mean() > 0.95


def test_partial_fit_goes_on_where_the_last_call_ended():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    net = nn.MLPClassifier(random_state=0)
    losses = [net.partial_fit(X, y, classes=[0, 1, 2]).history_["loss"][0] for _ in range(20)]
    assert losses[-1] < losses[0] / 3
    assert net.score(X, y) > 0.9


def test_partial_fit_wants_all_labels_at_once():
    X, y = [[0.0], [1.0]], ["a", "b"]
    with pytest.raises(ValueError, match=r"classes must be passed on the first call"):
        nn.MLPClassifier().partial_fit(X, y)
    net = nn.MLPClassifier(random_state=0).partial_fit(X, y, classes=["b", "a"])
    with pytest.raises(ValueError, match=r"y has the label .*c.*, which is not among classes"):
        net.partial_fit(X, ["a", "c"])
    with pytest.raises(ValueError, match=r"not those of the first call"):
        net.partial_fit(X, y, classes=["a", "b", "c"])


def test_weighted_samples_count_more():
    X, y = [[0.0]] * 10, [0.0] * 5 + [1.0] * 5
    settings = {"hidden": (), "epochs": 200, "lr": 0.05, "random_state": 0}
    even = nn.MLPRegressor(**settings).fit(X, y).predict([[0.0]])
    heavy = (
        nn.MLPRegressor(**settings).fit(X, y, sample_weight=[1.0] * 5 + [3.0] * 5).predict([[0.0]])
    )
    assert np.allclose([even, heavy], [[0.5], [0.75]], atol=0.01)


def test_without_scikit_learn_the_message_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; sys.modules['sklearn.base'] = None; import nn; nn.MLPClassifier"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'python -m pip install "scikit-learn>=1.6"' in done.stderr
