"""A few of the programs of ``python -m tests.native.fuzz``."""

from __future__ import annotations

from tests.native.children import needs_core, said_by


@needs_core
def test_random_programs_of_hostile_calls_neither_crash_nor_change_other_numbers():
    said = said_by("""
        import sys, tests.native.fuzz as fuzz
        sys.argv[1:] = ["--programs", "40"]
        sys.exit(fuzz.main())
    """)
    assert said.startswith("40 programs, ")
    assert said.endswith(", 0 faults")
