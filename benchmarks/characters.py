"""A character LSTM (32 units, 16 steps): that it learns, and what a step of it takes beside PyTorch's own modules.

It reads 16 characters of text that a grammar makes and says which comes next. Since the grammar's choices are
counted, the loss of whoever knows it is known too: the mean uncertainty of a character.
"""

from __future__ import annotations

import math
import random
import sys
import time
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import nn
from benchmarks.harness import Contender, Job, compare, milliseconds, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STEPS, UNITS, BATCH = 16, 32, 16
WORDS = [
    ["the ", "a "],
    ["red ", "old ", "small ", "happy "],
    ["cat ", "dog ", "bird ", "fish "],
    ["sees ", "likes ", "hears ", "wants "],
    ["you.", "me.", "rain.", "home."],
]
"""A sentence has one of each, and all are equally likely."""

Samples = tuple[list[list[int]], list[int]]


def text(sentences: int, seed: int) -> str:
    """Sentences of the grammar."""
    generator = random.Random(seed)
    return "".join("".join(generator.choice(words) for words in WORDS) for _ in range(sentences))


def uncertainty() -> float:
    """The mean loss of a character (in nats) for whoever knows the grammar, and where in the sentence it is.

    A word's entropy is the logarithm of how many there are, since its letters tell it as they come.
    """
    choices = sum(math.log(len(words)) for words in WORDS)
    letters = sum(sum(map(len, words)) / len(words) for words in WORDS)
    return choices / letters


ALPHABET = sorted({letter for words in WORDS for word in words for letter in word})


def samples(written: str) -> Samples:
    """Each 16 characters as numbers, and the number of the next."""
    numbers = [ALPHABET.index(letter) for letter in written]
    starts = range(len(numbers) - STEPS)
    return [numbers[i : i + STEPS] for i in starts], [numbers[i + STEPS] for i in starts]


class Reader(nn.Module):
    """An embedding, an LSTM over the characters, and scores of the next one from its last state."""

    def __init__(self, seed: int = 0) -> None:
        self.table = nn.Embedding(len(ALPHABET), UNITS, seed=seed)
        self.over = nn.LSTM(UNITS, UNITS, seed=seed + 1)
        self.out = nn.Linear(UNITS, len(ALPHABET), seed=seed + 2)

    def forward(self, letters: Any) -> Any:
        outputs, _ = self.over(self.table(letters))
        return self.out(outputs[-1])


def learned(sentences: int = 150, epochs: int = 8, seed: int = 0) -> Mapping[str, float]:
    """Train, compiled, and read other text: the mean losses, and the seconds."""
    X, y = samples(text(sentences, seed))
    others = samples(text(40, seed + 1))
    model = Reader(seed)
    start = time.perf_counter()
    nn.fit(
        model, X, y, loss="cross_entropy", lr=nn.optim.schedules.cosine(0.01, epochs * len(X) // BATCH),
        batch_size=BATCH, epochs=epochs, compile=True, progress=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    found = nn.evaluate(model, *others, loss="cross_entropy", metrics="accuracy")
    return {**found, "steps": epochs * math.ceil(len(X) / BATCH), "seconds": seconds}


# --- a step ------------------------------------------------------------------------------------


def ours(dtype: str) -> dict[str, Job]:
    """Ours, compiled."""
    X, y = samples(text(20, 0))
    model = Reader()
    step = nn.compile_step(
        model, "cross_entropy", nn.optim.Adam(model.parameters(), lr=0.001), dtype
    )
    return _job(step.on(X, y), len(X))


def theirs(dtype: str) -> dict[str, Job]:
    """PyTorch's modules with our first weights."""
    import torch

    kind = getattr(torch, dtype)
    X, y = samples(text(20, 0))

    class Theirs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = torch.nn.Embedding(len(ALPHABET), UNITS, dtype=kind)
            self.over = torch.nn.LSTM(UNITS, UNITS, batch_first=True, dtype=kind)
            self.out = torch.nn.Linear(UNITS, len(ALPHABET), dtype=kind)

        def forward(self, letters: Any) -> Any:
            outputs, _ = self.over(self.table(letters))
            return self.out(outputs[:, -1])

    torch.set_num_threads(1)
    model = Theirs()
    state = Reader().state_dict()
    model.load_state_dict({name: torch.tensor(entry, dtype=kind) for name, entry in state.items()})
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    inputs, targets = torch.tensor(X), torch.tensor(y)

    def advance(chosen: list[int]) -> float:
        optimizer.zero_grad()
        loss: Any = torch.nn.functional.cross_entropy(model(inputs[chosen]), targets[chosen])
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return _job(advance, len(X))


def _job(advance: Callable[[list[int]], float], count: int) -> dict[str, Job]:
    """A step on one batch after another; the numbers are the losses of the first steps."""
    batches = [list(range(i, i + BATCH)) for i in range(0, count - BATCH, BATCH)]
    first = [advance(chosen) for chosen in batches[:8]]
    turn = 0

    def run() -> float:
        nonlocal turn
        turn += 1
        return advance(batches[turn % len(batches)])

    return {"step": Job(run, lambda _: first)}


def main() -> None:
    """Print both."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    found = learned()
    print(
        f"Trained for {found['steps']:.0f} steps in {found['seconds']:.1f} s, recording included."
    )
    print(
        f"Loss of text that it has not read: {found['loss']:.3f} nats a character; who knows the grammar has "
        f"{uncertainty():.3f}."
    )
    rows = []
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
        contenders = [Contender("valuegrad", partial(ours, dtype))]
        if find_spec("torch") is not None:
            contenders.append(Contender("PyTorch", partial(theirs, dtype)))
        (timings,) = compare(contenders, rounds, apart=True, tolerance=tolerance).values()
        for one in timings:
            ratio = timings[0].times_as_fast_as(one)
            rows.append([f"{one.name}, {dtype}", milliseconds(one), f"{ratio:.2f}"])
    print(table(["a step of batch 16", "time", "times ours"], rows))


if __name__ == "__main__":
    main()
