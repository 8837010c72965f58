"""What repeats becomes a loop that is right for any number of arguments; what does not is refused."""

from __future__ import annotations

import operator
from functools import reduce

import pytest

from autograd.emit.expressions import Expression, expressions
from autograd.emit.loops import looped
from autograd.emit.steps import Fill, Fold, Largest, Running, Sum

XP = expressions()


def body(rule):
    def read(length):
        found = rule(*(Expression.make("argument", value=i) for i in range(length)))
        return found if isinstance(found, list) else Expression.of(found)

    return looped(read)


def kinds(rule):
    return [type(step) for step in body(rule).steps]


def test_sums_folds_and_the_largest_are_loops_over_all_arguments():
    assert kinds(lambda *args: sum(args)) == [Sum]
    assert kinds(lambda *args: reduce(operator.mul, args, 1.0)) == [Fold]
    assert kinds(lambda *args: reduce(operator.add, args, 0.5)) == [Fold]
    assert kinds(lambda *args: XP.largest(args)) == [Largest]
    assert kinds(lambda *args: XP.largest([XP.exp(x) for x in args])) == [Fill, Largest]


def test_running_sums_and_products_are_loops_from_either_end():
    def before(*args):
        found = [1.0]
        for x in args[:-1]:
            found.append(found[-1] * x)
        return found

    def after(*args):
        found = [0.0]
        for x in args[:0:-1]:
            found.append(found[-1] + x)
        return found[::-1]

    for rule, upwards in ((before, True), (after, False)):
        steps, result = body(lambda *args, rule=rule: [Expression.of(x) for x in rule(*args)])
        (step,) = steps
        assert type(step) is Running
        assert step.upwards is upwards
        assert repr(result) == "w0[i]"


def test_an_array_that_is_used_twice_is_filled_once():
    def weights(*args):
        parts = [XP.exp(x) for x in args]
        total = sum(parts)
        return [XP.div(part, total) for part in parts]

    assert kinds(weights) == [Fill, Sum]
    assert kinds(lambda *args: sum(XP.exp(x) for x in args)) == [Sum]


def test_what_does_not_depend_on_the_place_is_computed_before_the_loop():
    def rule(*args):
        top = XP.exp(XP.largest(args))
        return [x * top for x in args]

    steps, result = body(rule)
    assert [step.name for step in steps] == ["s0", "t0"]
    assert repr(result) == "mul(v[i], t0)"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (lambda *args: sum(args) + args[0], "a sum of 7 terms"),
        (lambda *args: sum(args[1:]), "a sum of 5 terms"),
        (lambda *args: args[0] * 2.0, "singles out the one at 0"),
        (lambda *args: args[0], "singles out the one at 0"),
        (lambda *args: sum(args[::-1]), "follow no known rule"),
        (
            lambda *args: [x * float(i) for i, x in enumerate(args)],
            "differ in more than their place",
        ),
        (lambda *args: [args[0] + 1.0, *(x * 2.0 for x in args[1:])], "differ in more than"),
        (lambda *args: sum(args) * (1.0 / len(args)), "is not what it does with"),
        (lambda *args: XP.largest(args[:3]), "the largest of 3"),
        (lambda *args: sum(args) if len(args) % 2 else -sum(args), "is not what it does with"),
    ],
)
def test_a_rule_that_follows_no_known_pattern_is_refused(rule, reason):
    with pytest.raises(TypeError, match=reason):
        body(rule)
