"""What nodes take, what the collector knows of them, and that all of it is given back."""

from __future__ import annotations

import gc
import weakref

import pytest

import nn
from autograd import Value
from autograd.native import core
from tests.native import leaks
from tests.native.children import needs_core, said_by

pytestmark = needs_core


class Open(Value):
    """Instances have attributes."""


def test_a_node_takes_at_most_96_bytes():
    assert core.node_size <= 96


def test_the_collector_knows_neither_plain_values_nor_parameters_nor_what_comes_of_them():
    x, w = Value(1.0), nn.Parameter(2.0)
    known = [gc.is_tracked(node) for node in (x, w, x * w, nn.Neuron(2, seed=1)([x, w]))]
    assert known == [False] * 4


def test_the_collector_knows_instances_with_attributes_and_what_comes_of_them():
    x, y = Value(1.0), Open(2.0)
    assert [gc.is_tracked(node) for node in (y, y * x, x + (y * x))] == [True] * 3


@pytest.mark.parametrize("way", leaks.WAYS, ids=lambda way: way.__name__)
def test_what_holds_what_was_computed_from_it_is_collected(way):
    assert leaks.left(way) == 0


def test_a_node_that_outlives_an_instance_keeps_it_whole():
    y = Open(1.5)
    z = y * 2.0
    y.note, watching = [z, "kept"], weakref.ref(y)
    del y
    gc.collect()
    assert watching() is not None
    assert z.operands[0].note == [z, "kept"]


def test_a_long_chain_from_an_instance_is_freed_and_collected_without_recursion():
    program = """
        import gc, weakref
        from autograd import Value
        class Open(Value): pass
        leaf = Open(1.0)
        def chain():
            root = leaf
            for _ in range(300_000): root = root * 1.0
            return root
        watching = weakref.ref(chain().operands[0])
        print(watching() is None)
        leaf.note = chain()
        del leaf
        gc.collect()
        print(sum(issubclass(type(found), Value) for found in gc.get_objects()))
    """
    assert said_by(program) == "True\n0"


def test_memory_is_flat_over_rounds_of_mixed_use():
    said = said_by("""
        import sys
        from tests.native import leaks
        sys.argv[1:] = ["--rounds", "300"]
        sys.exit(leaks.main())
    """)
    assert said.count("rounds: ") == 3
