"""nn.MLPClassifier and nn.MLPRegressor beside scikit-learn's own, on the data sets that come with scikit-learn.

    python -m benchmarks.estimators

Both train the same net (32 hidden units, relu, Adam, batches of 32, 100 epochs, no weight decay), on rows that a StandardScaler has
scaled, in five folds that are the same for both. Score is the mean over the folds of what is held out: accuracy, or the
coefficient of determination. Time is that of training, on one thread; the two take turns, and the ratio is the median over the folds.
"""

from __future__ import annotations

import statistics
import time
import warnings
from typing import Any


def main() -> None:
    from sklearn import datasets, neural_network
    from sklearn.base import is_classifier
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    import nn

    threadpool_limits(1)
    theirs: dict[str, Any] = {
        "hidden_layer_sizes": (32,),
        "learning_rate_init": 0.01,
        "batch_size": 32,
        "max_iter": 100,
        "alpha": 0.0,
        "tol": 0.0,
        "n_iter_no_change": 100,
        "random_state": 0,
    }
    print(
        f"{'':16}rows x columns   {'score':>6} {'scikit-learn':>13}   time  {'scikit-learn':>13}  ratio"
    )
    for name in ("iris", "wine", "breast_cancer", "digits", "diabetes"):
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
        if name == "diabetes":  # numbers: both want them scaled
            y = (y - y.mean()) / y.std()
            pair: list[Any] = [
                nn.MLPRegressor(random_state=0),
                neural_network.MLPRegressor(**theirs),
            ]
        else:
            pair = [nn.MLPClassifier(random_state=0), neural_network.MLPClassifier(**theirs)]
        kind: Any = StratifiedKFold if is_classifier(pair[0]) else KFold
        scores: list[list[float]] = [[], []]
        seconds: list[list[float]] = [[], []]
        for train, test in kind(5, shuffle=True, random_state=0).split(X, y):
            for i, estimator in enumerate(pair):
                pipeline = make_pipeline(StandardScaler(), estimator)
                began = time.process_time()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # scikit-learn's: not converged
                    pipeline.fit(X[train], y[train])
                seconds[i].append(time.process_time() - began)
                scores[i].append(pipeline.score(X[test], y[test]))
        ratio = statistics.median(b / a for a, b in zip(*seconds, strict=True))
        shape = f"{len(X):,} x {X.shape[1]}"
        ours, other = map(statistics.mean, scores)
        mine, others = map(statistics.median, seconds)
        print(
            f"{name:16}{shape:>14}   {ours:>6.3f} {other:>13.3f}   {mine:4.2f} s {others:>11.2f} s  {ratio:5.2f}"
        )


if __name__ == "__main__":
    main()
