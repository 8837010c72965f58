"""The benchmark of the eager engine runs whole at tiny sizes, and all that take part compute the same numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.native import core
from benchmarks import eager, moons, scalar_gpt
from benchmarks.harness import compare

ROOT = Path(__file__).parents[2]


def test_all_sections_print_their_tables(capsys):
    eager.main(["--quick"])
    printed = capsys.readouterr().out
    first, rest = printed.split("\n", 1)
    assert first.startswith("the pure core runs alone" if core is None else "the native core runs")
    assert "moons" in rest
    for row in ("thirty lines", "all three", "bytes a node, created", "grad", "hvp"):
        assert re.search(rf"^\| {row} \| [\d.]+", rest, re.MULTILINE), row
    columns = (
        "pure core" if core is None else "pure core | native core | native core: times as fast"
    )
    assert f"| chain of 1,000 | {columns} |" in rest


def test_a_section_may_be_asked_for_alone(capsys):
    eager.main(["gpt", "--quick"])
    assert "GPT" in (printed := capsys.readouterr().out)
    assert "chain" not in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["gtp"], "gtp is none of"), (["--rounds", "0"], "at least 1, not 0")],
)
def test_a_command_that_asks_for_what_there_is_not_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit):
        eager.main(arguments)
    assert message in capsys.readouterr().err


def test_micrograd_and_both_nets_of_ours_find_the_same_gradients():
    pytest.importorskip("micrograd")
    timings = compare(moons.contenders((16, 16), 20), 1, apart=False, least=0.0)["step"]
    assert [one.numbers and len(one.numbers) for one in timings] == [338, 338, 338, None, None]
    assert timings[0].numbers is not None
    assert sum(number != 0.0 for number in timings[0].numbers) > 338 / 2  # a shut relu's have none


def test_the_engine_of_thirty_lines_and_ours_find_the_same_gradients():
    theirs, ours = compare(scalar_gpt.contenders(8, 2, 5, 4), 1, apart=False, least=0.0)["step"]
    assert theirs.numbers is not None
    assert ours.numbers is not None
    weights = 8 * (5 + 4 + 4 * 8 + 2 * 4 * 8 + 5)
    assert len(theirs.numbers) == len(ours.numbers) == 1 + weights
    # The tokens and places that do not come have none, nor have the weights of a relu that is shut.
    assert sum(number != 0.0 for number in ours.numbers) > weights / 2


def test_the_command_itself_leaves_it_to_its_processes_which_engine_they_import():
    code = "import sys, benchmarks.eager; print('autograd' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert run.stdout.strip() == "False"
