"""``python -m autograd.emit FOLDER`` writes the headers, and says what it could not translate."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.emit.__main__ import main
from autograd.primitives import TABLE
from tests.autograd.emit.rows import entered

ROOT = Path(__file__).resolve().parents[3]


def branching(xp):
    """A rule that branches."""
    return lambda x: x if x > 0.0 else -x, lambda out, x: 1.0


def branching_back(xp):
    """A rule whose partial branches."""
    return xp.exp, lambda out, x: 1.0 if x > 0.0 else out


def through_it(xp):
    """A row whose partial applies the one that branches in its own."""
    return xp.sin, lambda out, x: xp.branching_back(x)


def four(xp):
    """A row of more arguments than C has names for."""
    return lambda a, b, c, d: a, 1.0, 1.0, 1.0, 1.0


def compensated(xp):
    """The builtin sum of two."""
    return lambda a, b: sum((a, b)), 1.0, 1.0


def by_prod(xp):
    """A row whose partial applies one of any number of arguments."""
    return lambda a, b: a * a * b, lambda out, a, b: xp.prod(2.0, a, b), lambda out, a, b: a * a


def half_absent(xp):
    """A row that computes with a partial that may be absent."""
    return xp.exp, lambda out, x: xp.exp(xp.where(x > 0.0, x, None))


def written(folder, capsys):
    assert main([str(folder)]) == 0
    return (
        capsys.readouterr().out,
        (folder / "rules.h").read_text(),
        (folder / "traced.h").read_text(),
    )


def test_every_row_of_the_table_is_translated(tmp_path, capsys):
    line, rules, traced = written(tmp_path / "new" / "folder", capsys)
    assert line.count("\n") == 1
    assert f"{len(TABLE)} rows as C; left to Python: none; " in line
    for name, row in TABLE.items():
        functions = ["d_"] if row.arity is None else [f"d{i}_" for i in range(row.arity)]
        assert all(f" {prefix}{name}(" in rules for prefix in ["f_", *functions])
        if row.arity is not None:
            assert all(f" t{i}_{name}(" in traced for i in range(row.arity))


@pytest.mark.parametrize(
    ("row", "arity", "reason"),
    [
        (branching, 1, "a rule branches on a number; it must select with xp.where"),
        (four, 4, "it has 4 arguments, and C is written for up to 3"),
        (compensated, 2, "sum of the builtins is for rows of any number of arguments"),
        (half_absent, 1, "a rule computes with an absent partial"),
    ],
)
def test_a_row_that_is_not_translated_is_named_with_the_reason_and_left_out(
    row, arity, reason, tmp_path, capsys
):
    with entered((row, arity)):
        line, rules, traced = written(tmp_path, capsys)
    name = row.__name__
    assert f"{len(TABLE)} rows as C; left to Python: {name} (TypeError: {reason})" in line
    assert f"OP_{name}," in rules  # so that a row's number is its place in the table
    assert f"X({name})" not in rules + traced
    assert f"_{name}(" not in rules + traced


@pytest.mark.parametrize(
    ("row", "arity", "reason"),
    [
        (through_it, 1, "it applies branching_back, which is not translated"),
        (by_prod, 2, "it applies prod, a row of any number of arguments"),
    ],
)
def test_a_row_whose_derivative_applies_what_c_lacks_is_left_out_of_the_nodes_alone(
    row, arity, reason, tmp_path, capsys
):
    with entered((branching_back, 1), (row, arity)):
        line, rules, traced = written(tmp_path, capsys)
    name = row.__name__
    numbers, nodes = line.split("derivatives as nodes")
    assert name not in numbers
    assert f"{name} (TypeError: {reason})" in nodes
    assert f"X({name})" in rules
    assert f"{name}" not in traced


def test_it_runs_without_numpy_and_without_the_native_core(tmp_path):
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['autograd.emit', {str(tmp_path)!r}]\n"
        "try: runpy.run_module('autograd.emit', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "foreign = {name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names\n"
        "assert 'numpy' not in foreign and 'autograd._native' not in sys.modules, foreign\n"
    )
    environment = {**os.environ, "VALUEGRAD_CORE": "pure"}
    command = [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    assert (tmp_path / "rules.h").exists()


def test_what_is_written_depends_on_the_table_alone(tmp_path, capsys):
    first = written(tmp_path / "first", capsys)
    assert first[1:] == written(tmp_path / "second", capsys)[1:]
