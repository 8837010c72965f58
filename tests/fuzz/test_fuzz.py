"""A short run of the fuzz, and what it must not let pass."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from nn.saving import files
from tests.fuzz.__main__ import SECONDS, Fuzz
from tests.fuzz.inputs import good, hostile
from tests.packages import ROOT


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_hostile_files_are_read_or_refused_as_documented():
    result = python("-m", "tests.fuzz", "2000")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\d+ json read by load\n", result.stdout)
    assert "2000 inputs" in result.stdout


@pytest.mark.parametrize("suffix", [".json", ".csv", ".rows"])
def test_a_number_makes_the_same_file_each_time_and_another_for_each(suffix):
    files = [hostile(suffix, number) for number in range(200)]
    assert files == [hostile(suffix, number) for number in range(200)]
    assert len(set(files)) > 150
    assert sum(file in good(suffix) for file in files) < 20


def failures(tmp_path):
    fuzz = Fuzz(tmp_path)
    fuzz.one(".json", 0)
    return "\n".join(fuzz.failures)


def planted(monkeypatch, tmp_path, function):
    path = tmp_path / "planted"
    path.mkdir()
    monkeypatch.setattr(files, "read", function)
    return failures(path)


def test_other_exceptions_are_failures(monkeypatch, tmp_path):
    assert failures(tmp_path) == ""

    def read(path):
        raise RecursionError("planted")

    assert ".json 0, load: RecursionError: planted" in planted(monkeypatch, tmp_path, read)


def test_a_message_that_names_no_file_is_a_failure(monkeypatch, tmp_path):
    def read(path):
        raise ValueError("planted")

    assert ".json 0, load: planted (names no file)" in planted(monkeypatch, tmp_path, read)


def test_taking_longer_is_a_failure(monkeypatch, tmp_path):
    hours = iter(range(0, 10**6, 3600))
    monkeypatch.setattr("tests.fuzz.__main__.time.process_time", lambda: next(hours))
    assert SECONDS < 3600
    assert ".json 0, read: 3600.0 s" in failures(tmp_path)


def test_a_model_that_changes_though_its_file_is_refused_is_a_failure(monkeypatch, tmp_path):
    fuzz = Fuzz(tmp_path)

    def load_into(path, model, optimizer):
        model.parameters()[0].data += 1.0
        raise ValueError(f"{path} is refused")

    monkeypatch.setattr("nn.load_into", load_into)
    fuzz.one(".json", 0)
    assert "refused, and yet the model is another" in "\n".join(fuzz.failures)


@pytest.mark.skipif(sys.platform != "linux", reason="the bound is Linux's")
def test_more_memory_than_the_bound_is_not_to_be_had():
    code = "from tests.fuzz.__main__ import limit_memory; limit_memory(); bytearray({} * 10**6)"
    assert python("-c", code.format(100)).returncode == 0
    assert "MemoryError" in python("-c", code.format(300)).stderr
