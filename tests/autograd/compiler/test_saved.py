from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, value_and_grad
from autograd.compiler import saved
from tests.autograd.compiler.programs import program
from tests.autograd.compiler.test_shortcut import same


def total(*trees):
    leaves = ag.structure.flatten(trees)[0]
    return sum(ag.sin(x) * x * (i + 1) for i, x in enumerate(leaves))


TREES = {
    "numbers": (1.5, 2.0),
    "nested": ([[1.0, 2.0], [3.0]], (4.0, None, ())),
    "a dict": ({"a": 1.0, "b": [2.0], 3: (4.0,)},),
    "an array": (np.arange(6.0).reshape(2, 3), np.zeros((0, 2))),
}


@pytest.mark.parametrize("name", TREES)
def test_a_loaded_program_answers_as_the_function(name, tmp_path):
    args = TREES[name]
    f = compile(value_and_grad(total))
    expected = f(*args)
    f.save(tmp_path / "f.vg")
    g = ag.load_program(tmp_path / "f.vg")
    assert same(g(*args), expected)
    assert same(g._call(*args), expected)
    assert repr(g).startswith("<program value_and_grad(total): (")


@pytest.mark.seeds(10)
def test_random_programs_come_back_to_the_last_bit(seed, tmp_path):
    f, xs = program(seed)
    compiled = compile(value_and_grad(f)).lower(xs)
    compiled.save(tmp_path / "f.vg")
    back = ag.load_program(tmp_path / "f.vg")
    assert same(back(xs), compiled(xs)) or compiled.cost().path == "arrays"
    value, slopes = compiled(xs)
    assert np.allclose(
        [back(xs)[0], *back(xs)[1]], [value, *slopes], rtol=1e-12, atol=1e-12, equal_nan=True
    )


def test_what_runs_as_arrays_is_saved_too(tmp_path):
    f = compile(value_and_grad(lambda xs: sum(ag.exp(ag.sin(x)) for x in xs)))
    xs = np.linspace(0, 1, 2000)
    value, slopes = f(xs)
    assert f.cost().path == "arrays"
    f.save(tmp_path / "f.vg")
    found, found_slopes = ag.load_program(tmp_path / "f.vg")(xs)
    assert found == pytest.approx(value, rel=1e-13)
    assert np.allclose(found_slopes, slopes, rtol=1e-13)


def test_captured_values_are_saved_as_they_are(tmp_path):
    w = Value(2.0)
    f = compile(lambda x: w * x).lower(1.0)
    f.save(tmp_path / "f.vg")
    w.data = 7.0
    assert ag.load_program(tmp_path / "f.vg")(3.0) == 6.0


def test_a_nan_that_may_be_wrong_is_asked_for_again(tmp_path):
    f = compile(ag.grad(lambda x: ag.sqrt(ag.relu(x)))).lower(1.0)
    f.save(tmp_path / "f.vg")
    g = ag.load_program(tmp_path / "f.vg")
    assert g(-1.0) == f(-1.0) == 0.0
    assert g(4.0) == 0.25


def test_it_runs_where_nothing_else_is(tmp_path):
    compile(value_and_grad(lambda x, y: ag.hypot(x, y) % 2.0)).lower(1.0, 2.0).save(
        tmp_path / "f.vg"
    )
    answer = ag.load_program(tmp_path / "f.vg")(3.0, 4.0)
    for core in ("pure", ""):
        code = f"import autograd, sys; print(autograd.load_program({str(tmp_path / 'f.vg')!r})(3.0, 4.0), 'numpy' in sys.modules)"
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "VALUEGRAD_CORE": core},
        )
        assert done.stdout.strip() == f"{answer} False"


def test_arguments_of_another_structure_are_refused(tmp_path):
    compile(total).lower([1.0, 2.0], 3.0).save(tmp_path / "f.vg")
    g = ag.load_program(tmp_path / "f.vg")
    for args, error, message in (
        (
            ([1.0], 3.0),
            ValueError,
            r"args\[0\] has 1 entries, but what total was saved for\[0\] has 2",
        ),
        (([1.0, 2.0],), ValueError, "args has 1 entries"),
        (([1.0, 2.0], (3.0,)), ValueError, r"args\[1\] is a tuple of 1"),
        (([1.0, "2"], 3.0), TypeError, r"argument \[0\]\[1\]"),
    ):
        with pytest.raises(error, match=message):
            g(*args)
    with pytest.raises(TypeError, match="by position"):
        g([1.0, 2.0], x=3.0)


def test_what_cannot_be_saved_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="not been compiled yet"):
        compile(total).save(tmp_path / "f.vg")
    mapped = compile(ag.vmap(lambda x: x * x)).lower(np.ones(3))
    with pytest.raises(TypeError, match="maps over lanes"):
        mapped.save(tmp_path / "f.vg")
    with pytest.raises(TypeError, match="named arguments"):
        compile(lambda x, y: x * y).lower(1.0, y=2.0).save(tmp_path / "f.vg")
    with pytest.raises(TypeError, match="with such keys"):
        compile(lambda d: d[1.5] * 2).lower({1.5: 1.0}).save(tmp_path / "f.vg")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def content(tmp_path):
    f = compile(value_and_grad(lambda d: ag.sigmoid(d["x"][0]) * d["y"][1])).lower(
        {"x": [1.0], "y": (1.0, 2.0)}
    )
    f.save(tmp_path / "f.vg")
    return (tmp_path / "f.vg").read_bytes()


def test_every_damaged_byte_and_every_cut_is_noticed(content, tmp_path):
    path = tmp_path / "damaged.vg"
    for i in range(len(content)):
        path.write_bytes(content[:i] + bytes([content[i] ^ 0x41]) + content[i + 1 :])
        with pytest.raises(ag.ProgramError):
            ag.load_program(path)
    for size in range(0, len(content), 7):
        path.write_bytes(content[:size])
        with pytest.raises(ag.ProgramError):
            ag.load_program(path)


@pytest.mark.seeds(20)
def test_whatever_has_the_right_digest_loads_and_runs_or_is_refused(content, seed):
    rng = random.Random(seed)
    start = len(saved.MAGIC) + 32
    body = bytearray(content[start:])
    loaded = 0
    for _ in range(200):
        wrong = bytearray(body)
        for _ in range(rng.choice([1, 1, 2, 5])):
            i = rng.randrange(rng.choice([0, len(wrong) * 3 // 4]), len(wrong))
            way = rng.choice([0, 0, 1, 1, 1, 2, 3])
            if way == 0:
                wrong[i] ^= 1 << rng.randrange(8)
            elif way == 1:
                wrong[i] = rng.randrange(rng.choice([4, 16, 256]))
            elif way == 2:
                del wrong[i : i + rng.randrange(1, 9)]
            else:
                wrong[i:i] = rng.choice(
                    [b"9", b"[", b"-1", b"\x00" * 4, b"\xff" * 4, b"1e9", b"null"]
                )
        file = saved.MAGIC + hashlib.sha256(bytes(wrong)).digest() + bytes(wrong)
        try:
            program = saved.LoadedProgram(saved._read(file))
        except (
            ag.ProgramError,
            ValueError,
            TypeError,
            KeyError,
            IndexError,
            OverflowError,
            RecursionError,
        ):
            continue
        loaded += 1
        try:
            program({"x": [1.0], "y": (1.0, 2.0)})
        except (ValueError, TypeError):
            continue
    assert loaded


def test_another_version_and_another_file_are_told_apart(tmp_path):
    path = tmp_path / "f.vg"
    path.write_bytes(saved.MAGIC.replace(b"1", b"9") + b"x" * 100)
    with pytest.raises(ag.ProgramError, match="another version"):
        ag.load_program(path)
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(ag.ProgramError, match="no saved program"):
        ag.load_program(path)
    with pytest.raises(FileNotFoundError):
        ag.load_program(tmp_path / "none.vg")
