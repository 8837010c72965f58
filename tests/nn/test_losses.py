"""Losses against PyTorch's, value and gradient, at ordinary and at extreme points."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import Activation, losses

INF = math.inf
OUTPUTS = [-3.0, -1.0, -0.25, 0.5, 1.0, 2.0]
NUMBERS = [0.5, -1.0, 2.0, 0.25, 1.0, -4.0]
SIGNS = [1, -1, -1, 1, 1, -1]
BINARY = [1, 0, 0.25, 1, 0, 1]
LOGITS = [
    [2.0, 1.0, 0.0, -3.0],
    [1e4, 0.0, 0.0, 0.0],
    [-1e4, 0.0, 1e4, 0.0],
    [40.0, 0.0, -40.0, 1e-9],
    [0.0, -INF, 1.0, 2.0],
]


def evaluated(loss, output, target):
    """The loss and its gradients."""
    leaves = [Value(x) for x in output]
    value = loss(leaves, target)
    value.backward()
    return [value.data, *[leaf.grad for leaf in leaves]]


def by_pytorch(loss, output, target):
    torch = pytest.importorskip("torch")
    x = torch.tensor(output, dtype=torch.float64, requires_grad=True)
    kind = torch.int64 if isinstance(target, int) else torch.float64
    value = loss(torch.nn.functional, x, torch.tensor(target, dtype=kind))
    value.backward()
    return [value.item(), *x.grad.tolist()]


def assert_pytorchs(ours, theirs, output, target, rel=1e-13, abs=1e-300):
    expected = by_pytorch(theirs, output, target)
    assert evaluated(ours, output, target) == pytest.approx(expected, rel=rel, abs=abs)


@pytest.mark.parametrize(
    ("ours", "theirs", "targets"),
    [
        (losses.mse, lambda F, x, t: F.mse_loss(x, t), NUMBERS),
        (losses.mae, lambda F, x, t: F.l1_loss(x, t), NUMBERS),
        (losses.huber, lambda F, x, t: F.huber_loss(x, t), NUMBERS),
        (losses.hinge, lambda F, x, t: F.relu(1 - t * x).mean(), SIGNS),
        (
            losses.binary_cross_entropy_with_logits,
            lambda F, x, t: F.binary_cross_entropy_with_logits(x, t),
            BINARY,
        ),
        (
            lambda x, t: losses.binary_cross_entropy(Activation("sigmoid")(x), t),
            lambda F, x, t: F.binary_cross_entropy(x.sigmoid(), t),
            BINARY,
        ),
    ],
)
def test_losses_of_numbers_are_pytorchs(ours, theirs, targets):
    assert_pytorchs(ours, theirs, OUTPUTS, targets)
    for output, target in zip(OUTPUTS, targets, strict=True):
        assert_pytorchs(lambda x, t: ours(x[0], t[0]), theirs, [output], [target])


@pytest.mark.parametrize("delta", [0.1, 1.0, 2.5])
def test_huber_is_pytorchs_for_any_delta_at_and_around_the_joint(delta):
    output = [0.0, delta, -delta, delta * (1 + 1e-12), delta / 2, -3 * delta, 1e200]
    assert_pytorchs(
        lambda x, t: losses.huber(x, t, delta),
        lambda F, x, t: F.huber_loss(x, t, delta=delta),
        output,
        [0.0] * len(output),
    )


@pytest.mark.parametrize("z", [0.0, 1.0, -1.0, 40.0, -40.0, 700.0, -700.0, 1e4, -1e4])
@pytest.mark.parametrize("t", [0, 1, 0.25])
def test_logits_of_any_size_give_pytorchs_cross_entropy(z, t):
    assert_pytorchs(
        losses.binary_cross_entropy_with_logits,
        lambda F, x, t: F.binary_cross_entropy_with_logits(x, t),
        [z],
        [t],
        abs=1e-15,  # PyTorch's cancel to 0 at 40, see the next test
    )


@pytest.mark.parametrize("t", [0, 1])
def test_small_losses_of_sure_and_right_logits_keep_their_digits(t):
    z = 50.0 if t else -50.0
    loss, gradient = evaluated(losses.binary_cross_entropy_with_logits, [z], [t])
    assert loss == pytest.approx(math.log1p(math.exp(-50.0)), rel=1e-14, abs=0.0)
    assert gradient == pytest.approx((-1) ** t / (1 + math.exp(50.0)), rel=1e-14, abs=0.0)
    unknown = losses.binary_cross_entropy_with_logits(z, Value(t))  # as a target yet unknown
    assert unknown.data == pytest.approx(loss, rel=1e-14, abs=0.0)


@pytest.mark.parametrize(("p", "t"), [(0.0, 0), (0.0, 1), (1.0, 0), (1.0, 1), (0.0, 0.5)])
def test_certain_probabilities_cost_at_most_pytorchs_hundred(p, t):
    loss, gradient = evaluated(losses.binary_cross_entropy, [p], [t])
    expected, *_ = by_pytorch(lambda F, x, t: F.binary_cross_entropy(x, t), [p], [t])
    assert loss == pytest.approx(expected, rel=1e-13)
    assert math.isfinite(gradient)


@pytest.mark.parametrize("z", [-1000.0, 1000.0])
@pytest.mark.parametrize("t", [0, 1])
def test_a_saturated_sigmoid_gives_no_nan_gradient(z, t):
    loss, gradient = evaluated(
        lambda x, t: losses.binary_cross_entropy(autograd.sigmoid(x[0]), t), [z], [t]
    )
    assert math.isfinite(loss)
    assert gradient == 0.0


@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize("index", [0, 2, 3])
def test_cross_entropy_is_pytorchs_by_index_and_one_hot(logits, index):
    # PyTorch subtracts 1 from a probability, and takes its logarithm, both rounded next to 1.
    near_one = 2.0**-53
    assert_pytorchs(
        losses.cross_entropy, lambda F, x, t: F.cross_entropy(x, t), logits, index, abs=near_one
    )
    by_index = evaluated(losses.cross_entropy, logits, index)
    for kind in (list, tuple, np.array):
        hot = kind(losses.one_hot(index, 4))
        assert evaluated(losses.cross_entropy, logits, hot) == pytest.approx(by_index, rel=1e-15)


@pytest.mark.parametrize("logits", LOGITS[:4])
def test_cross_entropy_of_probabilities_is_pytorchs(logits):
    for target in ([0.1, 0.2, 0.3, 0.4], [0.5, 0.4995, 0.0, 0.0]):
        assert_pytorchs(losses.cross_entropy, lambda F, x, t: F.cross_entropy(x, t), logits, target)


def test_losses_of_numbers_are_their_formulas():
    assert losses.hinge(Value(0.25), 1).data == 0.75
    assert losses.hinge([Value(0.25), Value(-3.0)], [-1, -1]).data == 0.625
    assert losses.huber([Value(0.5), Value(-3.0)], [0.0, 0.0], delta=2.0).data == 2.0625
    unsure = losses.binary_cross_entropy(Value(0.75), 0.25).data
    assert unsure == pytest.approx(-(0.25 * math.log(0.75) + 0.75 * math.log(0.25)), rel=1e-14)


def test_cross_entropy_is_the_articles_formula():
    p = autograd.softmax(LOGITS[0])
    for target in ([0.0, 1.0, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]):
        expected = -sum(t * math.log(q) for t, q in zip(target, p, strict=True))
        assert losses.cross_entropy(LOGITS[0], target) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("index", [0, 1, 3])
def test_nll_of_log_softmax_is_cross_entropy(index):
    def both(x, t):
        return losses.nll(autograd.log_softmax(x), t)

    assert_pytorchs(both, lambda F, x, t: F.nll_loss(F.log_softmax(x, 0), t), LOGITS[0], index)
    expected = evaluated(losses.cross_entropy, LOGITS[3], [0.5, 0.0, 0.0, 0.5])
    assert evaluated(both, LOGITS[3], [0.5, 0.0, 0.0, 0.5]) == pytest.approx(expected, rel=1e-14)


def ways(function):
    """A function of one list: eager, compiled, and mapped over an array."""
    compiled, mapped = autograd.compile(function), autograd.compile(autograd.vmap(function))
    return [
        lambda x: autograd.structure.flatten(function(x))[0],
        lambda x: autograd.structure.flatten(compiled(x))[0],
        lambda x: [float(np.ravel(y)[1]) for y in mapped_parts(mapped(np.array([x, x])), len(x))],
    ]


def mapped_parts(answer, count):
    """The numbers of each result of a mapped value_and_grad, or of one number."""
    if isinstance(answer, tuple):
        value, slopes = answer
        return [value, *(np.array(slopes)[:, i] for i in range(count))]
    return [answer]


@pytest.mark.parametrize("size", [0.0, 1e4, -1e8, 1e12, 1e16, 1e300, -1e300])
@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("way", range(3))
def test_equal_logits_of_any_size_cost_the_logarithm_of_their_number(size, classes, way):
    logits = [size] * classes
    even = [1.0 / classes] * classes
    for target in (0, classes - 1, losses.one_hot(1, classes), even):
        (loss,) = ways(lambda z, t=target: losses.cross_entropy(z, t))[way](logits)
        assert loss == pytest.approx(math.log(classes), rel=1e-15)
    found = autograd.compile(autograd.log_softmax)(logits) if way else autograd.log_softmax(logits)
    assert found == pytest.approx([-math.log(classes)] * classes, rel=1e-15)


SURE = 37.42994775023705
TINY = (
    5.551115123125776e-17  # exp(-SURE), rounded from mpmath's 40 digits; its square does not show
)


@pytest.mark.parametrize("target", [0, [1.0, 0.0]])
@pytest.mark.parametrize("way", range(3))
def test_a_class_that_is_all_but_certain_costs_what_the_other_is_worth(target, way):
    def loss(z):
        return losses.cross_entropy(z, target)

    both = autograd.value_and_grad(loss)
    assert ways(both)[way]([SURE, 0.0]) == pytest.approx([TINY, -TINY, TINY], rel=1e-14)
    third = ways(autograd.value_and_grad(lambda z: losses.cross_entropy(z, 0)))[way]
    assert third([SURE, 0.0, 0.0]) == pytest.approx([2 * TINY, -2 * TINY, TINY, TINY], rel=1e-14)
    slope = autograd.grad(loss)
    (curvature,) = ways(lambda z: autograd.grad(lambda z: slope(z)[0])(z)[0])[way]([SURE, 0.0])
    assert curvature == pytest.approx(TINY, rel=1e-14)


def test_the_gradient_of_log_softmax_keeps_its_digits_at_the_largest():
    _, pull = autograd.vjp(autograd.log_softmax)([SURE, 0.0])
    assert pull([1.0, 0.0])[0] == pytest.approx([TINY, -TINY], rel=1e-14)
    assert pull([0.0, 1.0])[0] == pytest.approx([-1.0, 1.0], rel=1e-14)


@pytest.mark.parametrize("way", range(3))
def test_classes_that_are_ruled_out_have_no_say(way):
    both = autograd.value_and_grad(lambda z: losses.cross_entropy(z, 1))
    assert ways(both)[way]([-math.inf, 2.0, -math.inf]) == [0.0] * 4
    assert ways(both)[way]([-math.inf, 2.0]) == [0.0] * 3
    half = [math.log(2.0), 0.5, -0.5, 0.0]
    assert ways(both)[way]([0.0, 0.0, -math.inf]) == pytest.approx(half)


@pytest.mark.parametrize("way", range(3))
def test_one_class_costs_nothing(way):
    both = autograd.value_and_grad(lambda z: losses.cross_entropy(z, 0))
    assert ways(both)[way]([3.0]) == [0.0, 0.0]
    assert all(map(math.isnan, ways(both)[way]([math.nan])[:1]))


def test_an_impossible_class_of_weight_zero_adds_nothing():
    log_p = [math.log(0.5), -INF, math.log(0.5)]
    assert evaluated(losses.nll, log_p, [1.0, 0.0, 0.0]) == [math.log(2.0), -1.0, 0.0, 0.0]


# --- one sample or many ----------------------------------------------------------------------

BATCHES = [
    (losses.mse, [[1.0, 2.0], [3.0, 5.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 1.0], [2.0, 3.0]]),
    (losses.mae, [[1.0], [3.0], [0.5]], [[0.0], [1.0], [2.0]]),
    (losses.huber, [1.0, 3.0, -2.0], [0.0, 1.0, 2.0]),
    (losses.hinge, [1.5, 0.5, -2.0], [1, -1, 1]),
    (losses.binary_cross_entropy, [0.25, 0.5, 0.75], [0, 1, 1]),
    (losses.binary_cross_entropy_with_logits, [[1.5], [0.5], [-2.0]], [0, 1, 1]),
    (losses.cross_entropy, LOGITS[:3], [0, 3, 1]),
    (losses.cross_entropy, LOGITS[:2], [[0.0, 0.0, 1.0, 0.0], [0.25] * 4]),
    (losses.nll, [[-1.0, -2.0], [-3.0, -0.5]], [1, 0]),
]


@pytest.mark.parametrize(("loss", "outputs", "targets"), BATCHES)
@pytest.mark.parametrize(
    "kind",
    [
        *(list, tuple, np.array),
        lambda rows: [tuple(row) if isinstance(row, list) else row for row in rows],
        lambda rows: [np.array(row) for row in rows],
    ],
)
def test_the_loss_of_a_batch_is_the_mean_over_its_samples(loss, outputs, targets, kind):
    single = [loss(o, t) for o, t in zip(outputs, targets, strict=True)]
    assert loss(kind(outputs), kind(targets)) == pytest.approx(sum(single) / len(single), rel=1e-14)


def test_a_bare_output_may_have_its_target_in_a_list_of_one_and_the_reverse():
    assert losses.mse(3.0, [1.0]) == losses.mse([3.0], 1.0) == losses.mse(3.0, 1.0) == 4.0
    assert losses.mse([1.0, 2.0], [[0.0], [0.0]]) == losses.mse([[1.0], [2.0]], [0.0, 0.0]) == 2.5


def test_targets_may_be_values_and_get_gradients():
    target = Value(1.0)
    losses.mse(Value(3.0), target).backward()
    assert target.grad == -4.0


def test_outputs_and_targets_may_be_numpy_numbers_and_object_arrays():
    output = np.array([Value(1.0), Value(2.0)], dtype=object)
    assert losses.mse(output, np.array([0, 0])).data == 2.5
    assert losses.cross_entropy(output, np.int64(1)).data == losses.cross_entropy([1, 2], 1)
    assert losses.cross_entropy([1, 2], 1.0) == losses.cross_entropy([1, 2], np.float64(1))


# --- bad input -------------------------------------------------------------------------------


OVER = 1.0000000000000002


@pytest.mark.parametrize(
    ("loss", "output", "target", "error", "message"),
    [
        (losses.mse, [1.0, 2.0], [1.0], ValueError, "2 outputs and 1 targets"),
        (losses.mse, 1.0, [1.0, 2.0], ValueError, "1 outputs and 2 targets"),
        (
            losses.mse,
            [[1.0, 2.0]],
            [[1.0, 2.0], [3.0, 4.0]],
            ValueError,
            "1 samples.*2 have targets",
        ),
        (losses.mae, [], [], ValueError, "no outputs"),
        (losses.mse, ["1"], [1.0], TypeError, "an output must be a real number, not the str '1'"),
        (losses.mse, [1.0], [None], TypeError, "a target must be a real number, not NoneType"),
        (losses.hinge, [1.0], [0], ValueError, r"-1 and 1, not 0; turn labels 0 and 1 into 2 \*"),
        (losses.hinge, [1.0], [2], ValueError, "-1 and 1, not 2$"),
        (losses.binary_cross_entropy, [0.5], [-1], ValueError, "not -1; turn labels -1 and 1"),
        (losses.binary_cross_entropy, [Value(1.5)], [1], ValueError, "1.5; for logits there is"),
        (losses.binary_cross_entropy, [-0.5], [1], ValueError, "-0.5; for logits there is"),
        (losses.binary_cross_entropy_with_logits, 1.0, 2, ValueError, "from 0 to 1, not 2"),
        (losses.binary_cross_entropy_with_logits, 1.0, math.nan, ValueError, "0 to 1, not nan"),
        (
            losses.cross_entropy,
            LOGITS[0],
            4,
            ValueError,
            r"label 4 is outside the 4 classes \(0 to 3\)",
        ),
        (losses.cross_entropy, LOGITS[0], -1, ValueError, "label -1 is outside"),
        (losses.nll, LOGITS[0], 7, ValueError, "label 7 is outside"),
        (losses.cross_entropy, LOGITS[:2], [0, 9], ValueError, "label 9 is outside"),
        (losses.cross_entropy, LOGITS[0], 1.5, TypeError, "a whole number, or one-hot; not by 1.5"),
        (losses.cross_entropy, LOGITS[0], math.nan, TypeError, "a whole number.*nan"),
        (losses.cross_entropy, LOGITS[0], math.inf, TypeError, "a whole number.*inf"),
        (losses.cross_entropy, LOGITS[0], "cat", TypeError, "a whole number.*'cat'"),
        (losses.cross_entropy, LOGITS[0], Value(1.0), TypeError, "a symbol or Value"),
        (losses.cross_entropy, LOGITS[0], [0, 1, 0], ValueError, "4 classes and 3 targets"),
        (
            losses.cross_entropy,
            LOGITS[0],
            [0, 1, 1, 0],
            ValueError,
            r"sum to 1, not \[0, 1, 1, 0\]",
        ),
        (losses.cross_entropy, LOGITS[0], [2, -1, 0, 0], ValueError, "probabilities that sum to 1"),
        (losses.cross_entropy, LOGITS[:2], [0], ValueError, "2 samples have outputs, and 1"),
        (losses.cross_entropy, LOGITS[:2], 0, ValueError, "2 samples have outputs, and 1"),
        (losses.cross_entropy, 1.0, 0, TypeError, "a score for each class, not one number"),
        (losses.cross_entropy, 1.0, 0, TypeError, "for one logit a sample there is binary"),
        (
            losses.cross_entropy,
            LOGITS[0],
            [0],
            ValueError,
            r"a list of one number, \[0\]; .* y.ravel",
        ),
        (losses.nll, LOGITS[0], [1], ValueError, r"a list of one number, \[1\]; .* y.ravel"),
        (
            losses.binary_cross_entropy,
            OVER,
            1,
            ValueError,
            r"1.0000000000000002; hold .* autograd.clip",
        ),
        (losses.binary_cross_entropy, 0.5, OVER, ValueError, r"not 1.0000000000000002"),
        (losses.binary_cross_entropy_with_logits, 0.5, OVER, ValueError, "not 1.0000000000000002"),
        (losses.hinge, 0.5, OVER, ValueError, r"not 1.0000000000000002"),
        (losses.cross_entropy, [], 0, ValueError, "no outputs"),
    ],
)
def test_bad_outputs_and_targets_are_named(loss, output, target, error, message):
    with pytest.raises(error, match=message):
        loss(output, target)


def test_hubers_delta_must_be_positive():
    with pytest.raises(ValueError, match="delta must be positive, not 0"):
        losses.huber([1.0], [1.0], delta=0)


def test_losses_are_got_by_name_and_functions_pass():
    for name, loss in losses.LOSSES.items():
        assert losses.get(name) is loss is getattr(losses, name)
    assert losses.get(max) is max
    with pytest.raises(ValueError, match="no loss is called 'msq'; there are mse, mae, huber"):
        losses.get("msq")
    with pytest.raises(TypeError, match="a name or a function, not 3"):
        losses.get(3)


def test_one_hot_refuses_what_is_no_class():
    assert losses.one_hot(2, 3) == [0.0, 0.0, 1.0]
    with pytest.raises(ValueError, match="label 3 is outside the 3 classes"):
        losses.one_hot(3, 3)


# --- cross-entropy's options -------------------------------------------------------------------

WEIGHT = [1.0, 0.5, 2.0, 0.0]
OPTIONS = [
    {"weight": WEIGHT},
    {"ignore_index": -100},
    {"label_smoothing": 0.2},
    {"weight": WEIGHT, "ignore_index": 1, "label_smoothing": 0.3},
]


def torchs_cross_entropy(logits, target, **options):
    torch = pytest.importorskip("torch")
    if options.get("weight"):
        options["weight"] = torch.tensor(options["weight"], dtype=torch.float64)
    z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(target, dtype=torch.float64 if isinstance(target[0], list) else None)
    loss = torch.nn.functional.cross_entropy(z, t, **options)
    loss.backward()
    return loss.item(), z.grad.tolist()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("target", [[0, 2, 1], [2, 2, 0], [1, 1, 2], [-100, 0, 2]])
def test_options_of_cross_entropy_are_pytorchs(target, options):
    if -100 in target and options.get("ignore_index") != -100:
        options = {**options, "ignore_index": -100}
    z = [[Value(x) for x in row] for row in LOGITS[:3]]
    loss = losses.cross_entropy(z, target, **options)
    loss.backward()
    expected, slopes = torchs_cross_entropy(LOGITS[:3], target, **options)
    assert loss.data == pytest.approx(expected, rel=1e-12)
    for row, theirs in zip(z, slopes, strict=True):
        assert [v.grad for v in row] == pytest.approx(theirs, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("options", [{"weight": WEIGHT}, {"label_smoothing": 0.2}])
def test_options_of_cross_entropy_for_probabilities_are_pytorchs(options):
    target = [[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0]]
    expected, _ = torchs_cross_entropy(LOGITS[:2], target, **options)
    assert losses.cross_entropy(LOGITS[:2], target, **options) == pytest.approx(expected, rel=1e-12)


def test_a_mean_of_nothing_but_what_is_ignored_is_zero():
    z = [Value(x) for x in LOGITS[0]]
    for loss in (
        losses.cross_entropy(z, 2, ignore_index=2),
        losses.cross_entropy([z, z], [2, 2], ignore_index=2),
    ):
        loss.backward()
        assert loss.data == 0.0
    assert [v.grad for v in z] == [0.0] * 4


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"weight": [1.0]}, ValueError, "4 outputs and 1 weights: they must be equally many"),
        ({"weight": [1.0, -1.0, 1.0, 1.0]}, ValueError, r"weight\[1\] must be at least 0, not -1"),
        ({"label_smoothing": 1.0}, ValueError, "label_smoothing must be at least 0 and below 1"),
        ({"label_smoothing": 0.1, "ignore_index": 3}, ValueError, "label 7 is outside"),
        ({"ignore_index": 3, "weight": WEIGHT}, ValueError, "label 7 is outside"),
    ],
)
def test_options_of_cross_entropy_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        losses.cross_entropy(LOGITS[0], 7 if "ignore_index" in options else 0, **options)


def test_probabilities_have_no_index_to_be_ignored():
    with pytest.raises(TypeError, match="ignore_index is of targets that are indices"):
        losses.cross_entropy(LOGITS[0], [0.25] * 4, ignore_index=1)
