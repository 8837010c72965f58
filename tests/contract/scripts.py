"""Scripts drawn by Hypothesis: what a model, a loss, callbacks, a metric and a learning rate do in a run."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.contract.worlds import EVENTS, MEDDLINGS, MOMENTS, PLACES, USES, Deed, Event, Script

NUMBERS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 0.3, 0.9])


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """A script of a run."""
    kinds = draw(st.lists(st.sampled_from(list(PLACES)), min_size=2, max_size=4, unique=True))
    places = tuple((kind, draw(NUMBERS)) for kind in kinds)
    numbers = st.integers(0, len(places) - 1)
    meddles = draw(st.integers(0, 3)) == 0

    def deed() -> Deed:
        use = MEDDLINGS if meddles and draw(st.booleans()) else USES
        unless = draw(st.none() | numbers)
        return Deed(
            draw(st.sampled_from(use)), draw(numbers), draw(st.sampled_from(MOMENTS)), unless
        )

    def deeds(most: int) -> tuple[Deed, ...]:
        return tuple(deed() for _ in range(draw(st.integers(0, most))))

    epochs = draw(st.integers(1, 4))

    def event(kinds: tuple[str, ...] = EVENTS) -> Event:
        # The numbers of places change most often.
        kind = draw(st.sampled_from(kinds)) if draw(st.booleans()) else "set"
        batch = draw(st.none() | st.integers(1, 3))
        return Event(kind, draw(numbers), draw(NUMBERS), draw(st.integers(1, epochs)), batch)

    return Script(
        places=places,
        model=deeds(3),
        loss=deeds(3),
        events=tuple(event() for _ in range(draw(st.integers(0, 4)))),
        metric=draw(st.none() | st.just(event(("set", "add", "draw")))),
        rate=draw(st.sampled_from(["number", "number", "pure", "meddling"])),
        optimizer=draw(st.sampled_from(["sgd", "adam"])),
        dropout=draw(st.booleans()),
        held_out=draw(st.sampled_from([0, 5, 101])),
        batches=draw(st.booleans()),
        epochs=epochs,
    )
