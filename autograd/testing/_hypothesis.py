"""What Hypothesis calls when it is imported: its entry point, named in pyproject.toml."""

from __future__ import annotations


def register() -> None:
    """Let ``st.from_type(Value)`` draw finite leaves; by itself Hypothesis would guess from the constructor,
    and call it with anything."""
    from hypothesis import strategies

    try:
        from autograd.value import Value

        from .strategies import values
    except (
        ImportError
    ):  # another package of our name lies over this one: importing Hypothesis must not fail
        return

    strategies.register_type_strategy(Value, lambda _: values())
