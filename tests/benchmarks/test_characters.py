"""The character LSTM learns the grammar of its text, and PyTorch's modules compute the same steps."""

from __future__ import annotations

import math
from itertools import product

import pytest

from benchmarks import characters


def test_the_text_is_the_grammars_and_its_uncertainty_is_counted():
    sentences = ["".join(words) for words in product(*characters.WORDS)]
    letters = sum(map(len, sentences)) / len(sentences)
    assert characters.uncertainty() == pytest.approx(math.log(len(sentences)) / letters, rel=1e-12)
    written = characters.text(50, seed=0)
    assert {sentence + "." for sentence in written.split(".")[:-1]} <= set(sentences)
    X, y = characters.samples(written)
    read = "".join(characters.ALPHABET[i] for i in [*X[0], *y])
    assert read == written


def test_it_trains_compiled_to_a_loss_near_the_least_there_can_be():
    found = characters.learned(sentences=60, epochs=8)
    assert characters.uncertainty() < 0.28
    assert 0.9 * characters.uncertainty() < found["loss"] < 0.35
    assert found["accuracy"] > 0.8


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-4)])
def test_pytorchs_modules_take_the_same_steps(dtype, tolerance):
    pytest.importorskip("torch")
    ours, theirs = (
        make(dtype)["step"].numbers(None) for make in (characters.ours, characters.theirs)
    )
    assert ours == pytest.approx(theirs, rel=tolerance)
