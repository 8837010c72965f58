"""``python -m tests.cores`` compares what it says, and notices what differs."""

from __future__ import annotations

import shutil

import pytest

from tests.cores.__main__ import main
from tests.cores.compare import ROOT, Core, compare
from tests.cores.written import answered, written

FEW = ["--seed=5", "--every=40", "--graphs=60", "--functions=10"]


@pytest.fixture
def copy(tmp_path):
    """A copy of the package, without the native core, to be spoilt."""
    shutil.copytree(
        ROOT / "autograd",
        tmp_path / "autograd",
        ignore=shutil.ignore_patterns("__pycache__", "_native*"),
    )

    def plant(module, before, after):
        path = tmp_path / "autograd" / module
        text = path.read_text()
        assert text.count(before) == 1
        path.write_text(text.replace(before, after))
        return tmp_path

    return plant


def test_a_core_agrees_with_itself_and_the_counts_are_told(capsys):
    assert main([*FEW, "--cores", "pure", "pure"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "seed 5"
    rows = [line.split() for line in told[2:5]]
    assert [row[0] for row in rows] == ["grid", "graphs", "functions"]
    grid, graphs, functions = (int(row[1].replace(",", "")) for row in rows)
    assert grid > 500
    assert (graphs, functions) == (60, 100)
    assert all(int(row[2].replace(",", "")) > int(row[1].replace(",", "")) for row in rows)
    assert told[5:] == ["0 cases differ"]


def test_the_native_core_agrees_with_the_pure_one():
    found = compare(Core("pure"), Core("native"), FEW)
    if found.failures and "VALUEGRAD_CORE=native, but" in found.failures[0]:
        pytest.skip("the native core was not built from these sources")
    assert (found.differences, found.failures) == ([], [])


FAULTS = {
    "a partial, by a rounding": ("primitives.py", "lambda out, x: 1.0 + out * out", "lambda out, x: (1.0 - out) * (1.0 + out) + 2.0 * (out * out)"),
    "a value, in one point": ("namespaces.py", "return a if a > b or a != a else b", "return a if a >= b or a != a else b"),
    "a second derivative": ("primitives.py", "return xp.sin, lambda out, x: xp.cos(x)", "return xp.sin, lambda out, x: xp.sin(x + math.pi / 2)"),
    "the order of nodes": ("graph.py", "for operand in operands:", "for operand in reversed(operands):"),
    "a leaf's gradient": ("value.py", "reached.append((node, node._grad + cotangent))", "reached.append((node, cotangent))"),
    "a gradient between": ("value.py", "node._grad = cotangent", "node._grad += 2.0 * cotangent"),
    "what is refused": ("sweeps.py", "computed and is {now} now", "computed, and is {now} now"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_noticed_and_shown(fault, copy, capsys):
    tree = copy(*FAULTS[fault])
    assert main([*FEW, "--cores", "pure", "pure", "--trees", str(ROOT), str(tree)]) == 1
    told = capsys.readouterr().out
    assert "0 cases differ" not in told.splitlines()
    assert "answers differ; answer " in told


def test_a_core_that_dies_is_told_with_the_last_case_of_it(copy, capsys):
    spoilt = "__import__('os')._exit(3) if len(args) > 2 else sum(args)"
    tree = copy(
        "primitives.py", "lambda *args: sum(args), lambda", f"lambda *args: {spoilt}, lambda"
    )
    assert main([*FEW, "--cores", "pure", "pure", "--trees", str(ROOT), str(tree)]) == 2
    told = capsys.readouterr().out
    assert f"the pure core of {tree} ended with status 3 after sum(" in told


def test_a_core_that_is_not_there_is_told_with_the_reason(copy, capsys):
    tree = copy("value.py", "one number, and", "one number and")
    assert main([*FEW, "--cores", "pure", "native", "--trees", str(ROOT), str(tree)]) == 2
    told = capsys.readouterr().out
    assert f"the native core of {tree} ended with status 1" in told
    assert "VALUEGRAD_CORE=native, but the native core was not built" in told


def test_numbers_are_written_bit_for_bit_and_any_nan_alike():
    numbers = [0.0, -0.0, 0.1, 1e400, float("nan"), -float("nan")]
    assert list(written(numbers)) == [
        *("0x0.0p+0", "-0x0.0p+0", "0x1.999999999999ap-4", "inf", "nan", "nan"),
    ]


def test_what_is_raised_is_an_answer():
    assert answered(lambda: [1.0, {}["x"]] if False else 1 // 0) == [
        "raises_ZeroDivisionError:_integer_division_or_modulo_by_zero"
    ]
