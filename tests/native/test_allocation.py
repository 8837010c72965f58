"""Memory may end anywhere: a MemoryError then, and nothing half-built."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from tests.native.children import needs_core, said_by

pytestmark = needs_core


@pytest.mark.skipif(not importlib.util.find_spec("_testcapi"), reason="_testcapi is not installed")
def test_whichever_allocation_fails_raises_memory_error_and_leaves_nothing_behind():
    said = said_by("import runpy; runpy.run_module('tests.native.starving', run_name='__main__')")
    scenarios, _, failed, _, _, faults, _ = said.replace(",", "").split()
    assert faults == "0"
    assert int(failed) > int(scenarios) > 50


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="how much is in use: /proc")
def test_when_the_system_has_no_memory_left_a_graph_keeps_its_numbers_and_its_end_gives_all_back():
    program = """
        import resource
        from autograd import Value, topological_order
        x = Value(1.0)
        def grow():
            root, made = x, 0
            try:
                while True:
                    root = root + 1.0
                    made += 1
            except MemoryError:
                return root, made
        pages = int(open("/proc/self/statm").read().split()[0])
        room = pages * resource.getpagesize() + (64 << 20)
        resource.setrlimit(resource.RLIMIT_AS, (room, resource.RLIM_INFINITY))
        (root, made), right = grow(), []
        try: topological_order(root)
        except MemoryError: right.append("no room for an order")
        try: root.backward()
        except MemoryError: right.append(f"no room to go back, {x.grad}")
        right += [made > 300_000, root.data == 1.0 + made]
        del root
        root, again = grow()
        right.append(again > 0.9 * made)
        del root
        root = x * 3.0
        root.backward()
        print(*right, x.grad)
    """
    assert said_by(program) == "no room for an order no room to go back, 0.0 True True True 3.0"
