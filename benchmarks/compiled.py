"""Compiled programs beside their peers: ``python -m benchmarks.compiled [case ...]``.

Cases: moons, digits, dropout, training, mnist, rosenbrock, rnn, gpt, determinant, pendulum, compile; all by default.
Peers that are not installed are left out. Times are medians of many calls, in one process and one thread, and the
ratio is the peer's time to ours. Only ratios of one run mean something.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from itertools import pairwise

# One thread for everyone, and no settings that slow NumPy's BLAS down; before NumPy is imported.
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import resource
import statistics
import time
import warnings
from typing import Any

import numpy as np

import nn
from autograd import compile, value_and_grad
from autograd.structure import flatten
from benchmarks import cases
from nn.training.step.eager import EagerStep


def optional(name: str) -> Any:
    """A module, or None."""
    try:
        module = __import__(name)
    except ImportError:
        return None
    if name == "torch":
        module.set_num_threads(1)
    if name == "jax":
        module.config.update("jax_enable_x64", True)
    return module


def race(runners: dict[str, Any], seconds: float = 2.0) -> dict[str, float]:
    """The median time of each, in microseconds, taken in turns so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for run in runners.values():
        run()
        run()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, run in runners.items():
            for _ in range(20):  # in a row, for a loop is how each is used
                start = time.perf_counter()
                run()
                times[name].append(time.perf_counter() - start)
    return {name: 1e6 * statistics.median(found) for name, found in times.items()}


def report(title: str, times: dict[str, float]) -> None:
    """A line a runner, the first being ours."""
    print(f"\n{title}")
    ours = next(iter(times.values()))
    for name, t in times.items():
        print(f"  {name:28} {t:10.1f} us   {t / ours:8.2f}x")


# --- training steps --------------------------------------------------------------------------


def net(sizes: list[int], batch: int, seed: int = 0) -> tuple[list[Any], Any, Any]:
    """Weights, samples and targets."""
    rng = np.random.default_rng(seed)
    weights = [(rng.normal(size=(m, n)) / n**0.5, np.zeros(m)) for n, m in pairwise(sizes)]
    X = rng.normal(size=(batch, sizes[0]))
    y = rng.choice([-1, 1], batch) if sizes[-1] == 1 else rng.integers(0, sizes[-1], batch)
    return weights, X, y


def ours(
    sizes: list[int], weights: Any, X: Any, y: Any, optimizer: str, lr: float, dtype: str
) -> Any:
    """nn.compile_step."""
    model = nn.MLP(sizes[0], sizes[1:], activation="relu", seed=0)
    for layer, (W, b) in zip(model.layers, weights, strict=True):
        for neuron, row, bias in zip(layer.neurons, W.tolist(), b.tolist(), strict=True):
            for p, x in zip(neuron.w, row, strict=True):
                p.data = x
            assert neuron.b is not None
            neuron.b.data = bias
    kind = nn.optim.by_name(optimizer)
    loss = "hinge" if sizes[-1] == 1 else "cross_entropy"
    targets = y.astype(float) if sizes[-1] == 1 else y.tolist()
    step = nn.compile_step(model, loss, kind(model.parameters(), lr=lr), dtype)
    run = step.on(X, targets)
    run(None)
    return lambda: run(None)


def by_hand(weights: Any, X: Any, y: Any, optimizer: str, lr: float, dtype: str) -> Any:
    """NumPy code written for this net, with preallocated buffers."""
    parameters = [a.astype(dtype).copy() for layer in weights for a in layer]
    X = X.astype(dtype)
    L = len(X)
    layers = len(weights)
    Z = [np.empty((L, W.shape[0]), dtype) for W, _ in weights]
    D = [np.empty((L, W.shape[0]), dtype) for W, _ in weights]
    G = [np.empty_like(a) for a in parameters]
    M = [np.zeros_like(a) for a in parameters]
    V = [np.zeros_like(a) for a in parameters]
    S = [np.zeros_like(a) for a in parameters]
    masks = [np.empty((L, W.shape[0]), bool) for W, _ in weights]
    rows = np.arange(L)
    column = y.astype(dtype)[:, None]
    state = {"t": 0}

    def run() -> float:
        a = X
        for i in range(layers):
            np.matmul(a, parameters[2 * i].T, out=Z[i])
            np.add(Z[i], parameters[2 * i + 1], out=Z[i])
            if i < layers - 1:
                np.greater(Z[i], 0, out=masks[i])
                np.maximum(Z[i], 0, out=Z[i])
            a = Z[i]
        d = D[-1]
        if a.shape[1] == 1:
            margin = 1 - column * a
            loss = np.maximum(margin, 0).mean()
            np.multiply(column, margin > 0, out=d)
            d *= -1 / L
        else:
            top = a.max(1, keepdims=True)
            np.subtract(a, top, out=d)
            np.exp(d, out=d)
            total = d.sum(1, keepdims=True)
            loss = (np.log(total[:, 0]) + top[:, 0] - a[rows, y]).mean()
            d /= total
            d[rows, y] -= 1
            d /= L
        for i in range(layers - 1, -1, -1):
            below = Z[i - 1] if i else X
            np.matmul(D[i].T, below, out=G[2 * i])
            np.add.reduce(D[i], 0, out=G[2 * i + 1])
            if i:
                np.matmul(D[i], parameters[2 * i], out=D[i - 1])
                np.multiply(D[i - 1], masks[i - 1], out=D[i - 1])
        if optimizer == "sgd":
            for p, g in zip(parameters, G, strict=True):
                np.multiply(g, lr, out=g)
                np.subtract(p, g, out=p)
        else:
            state["t"] += 1
            t = state["t"]
            for p, g, m, v, scratch in zip(parameters, G, M, V, S, strict=True):
                np.multiply(m, 0.9, out=m)
                np.multiply(g, 0.1, out=scratch)
                np.add(m, scratch, out=m)
                np.multiply(v, 0.999, out=v)
                np.multiply(g, g, out=g)
                np.multiply(g, 0.001, out=g)
                np.add(v, g, out=v)
                np.sqrt(v, out=g)
                np.multiply(g, 1 / (1 - 0.999**t) ** 0.5, out=g)
                np.add(g, 1e-8, out=g)
                np.divide(m, g, out=g)
                np.multiply(g, lr / (1 - 0.9**t), out=g)
                np.subtract(p, g, out=p)
        return float(loss)

    return run


def by_torch(weights: Any, X: Any, y: Any, optimizer: str, lr: float, dtype: str) -> Any:
    """PyTorch, eager."""
    torch = optional("torch")
    if torch is None:
        return None
    kind = getattr(torch, dtype)
    modules: list[Any] = []
    for W, b in weights:
        linear = torch.nn.Linear(W.shape[1], W.shape[0], dtype=kind)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(W))
            linear.bias.copy_(torch.tensor(b))
        modules += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    optim = torch.optim.SGD if optimizer == "sgd" else torch.optim.Adam
    update = optim(model.parameters(), lr=lr)
    inputs, targets = torch.tensor(X, dtype=kind), torch.tensor(y)
    signs = targets.to(kind)[:, None]

    def run() -> float:
        update.zero_grad()
        out = model(inputs)
        if out.shape[1] == 1:
            loss = torch.relu(1 - signs * out).mean()
        else:
            loss = torch.nn.functional.cross_entropy(out, targets)
        loss.backward()
        update.step()
        return float(loss.item())

    return run


def by_jax(weights: Any, X: Any, y: Any, optimizer: str, lr: float, dtype: str) -> Any:
    """JAX, one jitted step with donated buffers."""
    jax = optional("jax")
    if jax is None:
        return None
    jnp = jax.numpy

    def loss_of(parameters: Any, inputs: Any, targets: Any) -> Any:
        a = inputs
        for i, (W, b) in enumerate(parameters):
            a = a @ W.T + b
            if i < len(parameters) - 1:
                a = jax.nn.relu(a)
        if a.shape[1] == 1:
            return jax.nn.relu(1 - targets * a[:, 0]).mean()
        return (jax.nn.logsumexp(a, 1) - jnp.take_along_axis(a, targets[:, None], 1)[:, 0]).mean()

    def step(state: Any, inputs: Any, targets: Any) -> Any:
        parameters, m, v, t = state
        loss, grads = jax.value_and_grad(loss_of)(parameters, inputs, targets)
        tree = jax.tree.map
        if optimizer == "sgd":
            return (tree(lambda p, g: p - lr * g, parameters, grads), m, v, t), loss
        t = t + 1
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)

        def moved(p: Any, m: Any, v: Any) -> Any:
            return p - lr * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)

        return (tree(moved, parameters, m, v), m, v, t), loss

    jitted = jax.jit(step, donate_argnums=0)
    parameters = [(jnp.array(W, dtype), jnp.array(b, dtype)) for W, b in weights]
    zeros = [(jnp.zeros(W.shape, dtype), jnp.zeros(b.shape, dtype)) for W, b in weights]
    box = [(parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), dtype))]
    inputs, targets = (
        jnp.array(X, dtype),
        jnp.array(y, dtype if weights[-1][0].shape[0] == 1 else int),
    )

    def run() -> float:
        box[0], loss = jitted(box[0], inputs, targets)
        return float(loss)

    return run


def by_micrograd(weights: Any, X: Any, y: Any, lr: float) -> Any:
    """micrograd, its own net and loss."""
    if optional("micrograd") is None:
        return None
    from micrograd.nn import MLP

    sizes = [weights[0][0].shape[1], *(W.shape[0] for W, _ in weights)]
    model: Any = MLP(sizes[0], sizes[1:])
    rows = X.tolist()

    def run() -> float:
        model.zero_grad()
        losses = [(1 + -int(t) * model(row)).relu() for row, t in zip(rows, y, strict=True)]
        loss: Any = sum(losses) * (1 / len(losses))
        loss.backward()
        for p in model.parameters():
            p.data -= lr * p.grad
        return float(loss.data)

    return run


def training(
    title: str, sizes: list[int], batch: int, optimizer: str, lr: float, dtype: str = "float64"
) -> None:
    """A step of a net beside its peers."""
    weights, X, y = net(sizes, batch)
    runners = {
        "nn.compile_step": ours(sizes, weights, X, y, optimizer, lr, dtype),
        "NumPy by hand": by_hand(weights, X, y, optimizer, lr, dtype),
        "JAX jit": by_jax(weights, X, y, optimizer, lr, dtype),
        "PyTorch": by_torch(weights, X, y, optimizer, lr, dtype),
    }
    times = race({name: run for name, run in runners.items() if run is not None}, 4.0)
    if sizes[0] == 2:
        run = by_micrograd(weights, X, y, lr)
        if run is not None:
            times["micrograd"] = race({"micrograd": run}, 0.1)["micrograd"]
    report(title, times)


def dropout() -> None:
    """A step with dropout, beside the eager one and PyTorch."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(32, 64)), rng.integers(0, 10, 32).tolist()

    def stepping(make: Any) -> Any:
        layers = (
            nn.Linear(64, 128, seed=1),
            "relu",
            nn.Dropout(0.5, seed=2),
            nn.Linear(128, 10, seed=3),
        )
        model = nn.Sequential(*layers)
        step = make(model, nn.losses.get("cross_entropy"), nn.optim.Adam(model.parameters()))
        return step.on(X.tolist(), y)

    compiled, eager = stepping(nn.compile_step), stepping(EagerStep)
    everyone = list(range(32))
    runners: dict[str, Any] = {"nn.compile_step": lambda: compiled(None)}
    torch = optional("torch")
    if torch is not None:
        layers = (
            torch.nn.Linear(64, 128),
            torch.nn.ReLU(),
            torch.nn.Dropout(0.5),
            torch.nn.Linear(128, 10),
        )
        net = torch.nn.Sequential(*layers).double()
        update = torch.optim.Adam(net.parameters())
        inputs, targets = torch.tensor(X), torch.tensor(y)

        def by_torch() -> float:
            update.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(inputs), targets)
            loss.backward()
            update.step()
            return float(loss.item())

        runners["PyTorch"] = by_torch
    times = race(runners)
    times["eager"] = race({"eager": lambda: eager(everyone)}, 0.1)["eager"]
    report("dropout step 64-128-10, batch 32, Adam, dropout 0.5", times)


# --- functions -------------------------------------------------------------------------------


def checked(function: Any, *args: Any) -> Any:
    """A compiled value and gradient, compared with the engine's."""
    compiled = compile(value_and_grad(function))
    found = np.array(flatten(compiled(*args))[0], float)
    expected = np.array(flatten(value_and_grad(function)(*args))[0], float)
    gap = np.abs(found - expected).max() / np.abs(expected).max()
    cost = compiled.cost()
    print(
        f"\n  {cost.recorded} recorded, {cost.path}, {cost.instructions} instructions, error {gap:.1e}"
    )
    return compiled


def own(jax: Any, *args: Any) -> Any:
    """NumPy's arrays as JAX's, which it need not copy at every call."""
    return jax.tree.map(jax.numpy.array, args)


def waiting(jax: Any, jitted: Any, *args: Any) -> Any:
    """A call of a jitted function that waits for its result."""
    return lambda: jax.block_until_ready(jitted(*args))


def rosenbrock() -> None:
    """Value and gradient in any dimension, beside CasADi."""
    casadi = optional("casadi")
    for n in (10, 100, 1000, 10000):
        x = np.linspace(0.5, 1.5, n)
        start = time.perf_counter()
        compiled = compile(value_and_grad(cases.rosenbrock)).lower(x)
        ours = time.perf_counter() - start
        runners: dict[str, Any] = {"compile": partial(compiled, x)}
        theirs = float("nan")
        if casadi is not None:
            start = time.perf_counter()
            symbol = casadi.SX.sym("x", n)
            value = cases.rosenbrock([symbol[i] for i in range(n)])
            function = casadi.Function("f", [symbol], [value, casadi.gradient(value, symbol)])
            theirs = time.perf_counter() - start
            runners["CasADi SX"] = partial(function, x)
        report(f"Rosenbrock n={n}, value and gradient", race(runners, 1.0))
        print(f"  compiled in {1e3 * ours:.1f} ms, CasADi's construction {1e3 * theirs:.1f} ms")


def rnn() -> None:
    """A recurrent cell of 16 units over 20 steps, beside a vectorised one in JAX."""
    parameters, inputs, targets = cases.rnn_arguments()
    arrays = {name: np.array(x) for name, x in parameters.items()}
    xs, ts = np.array(inputs), np.array(targets)
    compiled = checked(cases.rnn, arrays, xs, ts)
    runners = {"compile (scalar code)": lambda: compiled(arrays, xs, ts)}
    jax = optional("jax")
    if jax is not None:
        jnp = jax.numpy

        def loss(p: Any, xs: Any, ts: Any) -> Any:
            def step(h: Any, x: Any) -> Any:
                h = jnp.tanh(p["W"] @ x + p["U"] @ h + p["b"])
                return h, p["V"] @ h + p["c"]

            return ((jax.lax.scan(step, jnp.zeros(16), xs)[1] - ts) ** 2).sum()

        def unrolled(p: Any, xs: Any, ts: Any) -> Any:
            h, total = jnp.zeros(16), 0.0
            for t in range(20):
                h = jnp.tanh(p["W"] @ xs[t] + p["U"] @ h + p["b"])
                total = total + (p["V"] @ h + p["c"] - ts[t]) ** 2
            return total

        for name, f in (("JAX jit, scan", loss), ("JAX jit, unrolled", unrolled)):
            jitted = jax.jit(jax.value_and_grad(f))
            runners[name] = waiting(jax, jitted, arrays, xs, ts)
            runners[f"{name}, its own arrays"] = waiting(jax, jitted, *own(jax, arrays, xs, ts))
    report("RNN, 16 units, 20 steps, value and gradient", race(runners))


def gpt() -> None:
    """A transformer block, 16 wide, sequence 8, beside a vectorised one in JAX."""
    parameters, tokens, targets = cases.gpt_arguments()
    arrays = {name: np.array(x) for name, x in parameters.items()}
    xs = np.array(tokens)
    compiled = checked(cases.gpt_loss(targets), arrays, xs)
    runners = {"compile (scalar code)": lambda: compiled(arrays, xs)}
    jax = optional("jax")
    if jax is not None:
        jnp = jax.numpy
        labels = jnp.array(targets)
        mask = jnp.tril(jnp.ones((8, 8), bool))

        def normed(x: Any) -> Any:
            return x * ((x * x).mean(-1, keepdims=True) + 1e-5) ** -0.5

        def loss(p: Any, x: Any) -> Any:
            x = normed(x)
            a = normed(x)
            q, k, v = [(a @ p[n].T).reshape(8, 4, 4) for n in ("Q", "K", "V")]
            scores = jnp.einsum("thd,shd->hts", q, k) / 2.0
            weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
            x = x + jnp.einsum("hts,shd->thd", weights, v).reshape(8, 16) @ p["O"].T
            x = x + jax.nn.relu(normed(x) @ p["up"].T) @ p["down"].T
            logits = x @ p["out"].T
            chosen = jnp.take_along_axis(logits, labels[:, None], 1)[:, 0]
            return (jax.nn.logsumexp(logits, 1) - chosen).mean()

        jitted = jax.jit(jax.value_and_grad(loss))
        gap = abs(float(jitted(arrays, xs)[0]) - compiled(arrays, xs)[0])
        print(f"  JAX's value differs by {gap:.1e}")
        runners["JAX jit"] = waiting(jax, jitted, arrays, xs)
        runners["JAX jit, its own arrays"] = waiting(jax, jitted, *own(jax, arrays, xs))
    report("GPT block, 16 wide, sequence 8, value and gradient", race(runners))


def determinant() -> None:
    """A determinant of 5x5 by minors."""
    x = np.random.default_rng(0).normal(size=(5, 5)).tolist()
    matrix = np.array(x)
    compiled = checked(cases.determinant, x)
    runners = {"compile": lambda: compiled(x)}
    casadi = optional("casadi")
    if casadi is not None:
        symbol = casadi.SX.sym("x", 5, 5)
        value = cases.determinant([[symbol[i, j] for j in range(5)] for i in range(5)])
        function = casadi.Function(
            "f", [symbol], [value, casadi.gradient(value, casadi.vec(symbol))]
        )
        runners["CasADi SX"] = lambda: function(matrix)
    report("determinant 5x5 by minors, value and gradient", race(runners, 1.0))


def pendulum() -> None:
    """A pendulum over 100 Runge-Kutta steps."""
    x = np.array([1.0, 0.5])
    compiled = checked(cases.pendulum, x)
    report(
        "pendulum, RK4, 100 steps, value and gradient", race({"compile": lambda: compiled(x)}, 1.0)
    )


def compiling() -> None:
    """Compile time and memory by the number of recorded nodes."""
    print("\ncompile time (process time), Rosenbrock, value and gradient")
    for n in (1111, 11111, 111111):
        x = np.linspace(0.5, 1.5, n)
        start = time.process_time()
        compiled = compile(value_and_grad(cases.rosenbrock)).lower(x)
        seconds = time.process_time() - start
        cost = compiled.cost()
        print(
            f"  {cost.recorded:8} nodes {seconds:7.2f} s {1e6 * seconds / cost.recorded:6.2f} us a node, "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB at most so far"
        )


def mnist() -> None:
    """The larger net, in both kinds of float."""
    for kind in ("float64", "float32"):
        training(f"784-128-10, batch 128, SGD, {kind}", [784, 128, 10], 128, "sgd", 0.01, kind)


def whole_training() -> None:
    """30 epochs on the handwritten digits, seconds and held-out accuracy, beside scikit-learn and PyTorch."""
    train, test = nn.datasets.digits().split(0.2, seed=0)
    X, y = np.array(train.X), np.array(train.y)
    tests, labels = np.array(test.X), np.array(test.y)

    def ours(seed: int) -> Any:
        model = nn.MLP(64, [32, 10], activation="relu", init="xavier_uniform", seed=seed)
        settings: Any = {"optimizer": "adam", "lr": 0.001, "epochs": 30, "progress": False}
        settings["seed"] = seed
        nn.fit(model, *train, loss="cross_entropy", **settings)
        return lambda: nn.evaluate(model, *test, metrics="accuracy")["accuracy"]

    trainings: dict[str, Any] = {"nn.fit": ours}
    if optional("sklearn") is not None:
        from sklearn.neural_network import MLPClassifier

        def by_sklearn(seed: int) -> Any:
            settings: Any = {"batch_size": 32, "max_iter": 30, "alpha": 0.0, "n_iter_no_change": 30}
            classifier = MLPClassifier((32,), random_state=seed, **settings)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that it has not converged
                classifier.fit(X, y)
            return lambda: classifier.score(tests, labels)

        trainings["scikit-learn"] = by_sklearn
    torch = optional("torch")
    if torch is not None:
        inputs, targets = torch.tensor(X), torch.tensor(y)

        def by_torch(seed: int) -> Any:
            torch.manual_seed(seed)
            hidden, last = torch.nn.Linear(64, 32), torch.nn.Linear(32, 10)
            net = torch.nn.Sequential(hidden, torch.nn.ReLU(), last).double()
            update = torch.optim.Adam(net.parameters(), lr=0.001)
            for _ in range(30):
                order = torch.randperm(len(X))
                for i in range(0, len(X), 32):
                    chosen = order[i : i + 32]
                    update.zero_grad()
                    loss = torch.nn.functional.cross_entropy(net(inputs[chosen]), targets[chosen])
                    loss.backward()
                    update.step()
            return lambda: np.mean(net(torch.tensor(tests)).argmax(1).numpy() == labels)

        trainings["PyTorch"] = by_torch
    print(
        "\ndigits, 64-32-10, batch 32, Adam, 30 epochs, everything included: the median time of 7 "
        "seeds, and the mean, smallest and largest accuracy"
    )
    seconds: dict[str, list[float]] = {name: [] for name in trainings}
    accuracies: dict[str, list[float]] = {name: [] for name in trainings}
    for seed in range(7):
        for name, run in trainings.items():
            start = time.perf_counter()
            accuracy = run(seed)
            seconds[name].append(time.perf_counter() - start)
            accuracies[name].append(accuracy())
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    for name, t in medians.items():
        ratio = t / medians["nn.fit"]
        scores = accuracies[name]
        spread = f"{statistics.mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f})"
        print(f"  {name:14} {t:7.3f} s   accuracy {spread}   {ratio:6.2f}x")


CASES = {
    "moons": lambda: training(
        "moons step 2-16-16-1, batch 100, SGD", [2, 16, 16, 1], 100, "sgd", 0.1
    ),
    "digits": lambda: training(
        "digits step 64-32-10, batch 32, Adam", [64, 32, 10], 32, "adam", 0.001
    ),
    "dropout": dropout,
    "training": whole_training,
    "mnist": mnist,
    "rosenbrock": rosenbrock,
    "rnn": rnn,
    "gpt": gpt,
    "determinant": determinant,
    "pendulum": pendulum,
    "compile": compiling,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        CASES[name]()
