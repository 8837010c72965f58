"""No input from Python can crash the interpreter: the ways in which the core once did, or nearly.

``python -m tests.native.fuzz`` looks for further ones.
"""

from __future__ import annotations

import sys

import pytest

from tests.native.children import needs_core, said_by

pytestmark = needs_core


def test_the_collector_does_not_meet_nodes_that_wait_for_their_end():
    # Two operands die at once, and the callback of the first runs the collector while the second waits.
    program = """
        import gc, weakref
        from autograd import Value
        class Subclass(Value): pass
        leaf, met = Subclass(1.0), []
        def collect(_): gc.collect(); met.append(len(gc.get_objects()))
        for _ in range(50):
            a, b = leaf * 1.0, leaf * 2.0
            root = a * b
            references = [weakref.ref(node, collect) for node in (a, b, root)]
            del a, b, root
        print(len(met), len([leaf * 1.0 for _ in range(2000)]))
    """
    assert said_by(program) == "150 2000"


@pytest.mark.parametrize(
    "hold", ["node.label = below", "node.scope = below", "node.label = MethodType(print, below)"]
)
def test_nodes_that_hold_each_other_by_label_or_scope_are_freed_without_recursion(hold):
    program = f"""
        from types import MethodType
        from autograd import Value
        below = Value(0.0)
        for _ in range(200_000):
            node = Value(1.0)
            {hold}
            below = node
        del node, below
        print("freed")
    """
    assert said_by(program) == "freed"


def test_a_value_that_python_allocates_by_itself_is_one_of_ours():
    program = """
        from autograd import Value
        Value.__new__ = lambda kind: None  # whereupon Python lets object.__new__ make Values
        strays = [object.__new__(Value) for _ in range(1000)]
        print(strays[0] * 2.0)
        del strays
    """
    assert said_by(program) == "Value(data=0.0, grad=0.0)"


def test_an_arity_that_sets_the_arity_while_it_is_read_does_not_change_how_nodes_lie():
    program = """
        from autograd import Value, _native
        class Row(_native.BoundRow): pass
        class Arity:
            def __index__(self):
                row.arity = 1
                row.forward = lambda x: x
                row.partials = row.traced = (1.0,)
                nodes.append(value._apply(row, value))
                return 3
        nodes, value, row = [], Value(2.0), Row()
        try: row.arity = Arity()
        except AttributeError as error: print(error)
        nodes[0].backward()
        print(value.grad, nodes[0].operands)
    """
    assert said_by(program).splitlines() == [
        "the arity of a primitive cannot be changed",
        "1.0 (Value(data=2.0, grad=1.0),)",
    ]


def test_rows_may_be_made_by_finalizers_that_run_while_a_row_is_made():
    program = """
        import gc
        from autograd import _native
        class Row(_native.BoundRow): __slots__ = ("note",)
        class Maker:
            def __init__(self): self.me = self
            def __del__(self): [Row() for _ in range(300)]
        gc.set_threshold(1)
        for _ in range(100): Maker(); Row()
        print("made")
    """
    assert said_by(program) == "made"


def test_there_can_be_only_so_many_rows():
    program = """
        from autograd import Value, _native
        class Row(_native.BoundRow): pass
        made = []
        try:
            for _ in range(70_000): made.append(Row())
        except RuntimeError as error: print(error)
        print(Value(2.0) * 3.0)
        made.clear()
        print(Row().__class__.__name__)
    """
    assert said_by(program).splitlines() == [
        "there are 65534 primitives already, as many as there can be",
        "Value(data=6.0, grad=0.0)",
        "Row",
    ]


def test_a_scope_may_go_while_its_parts_are_looked_up():
    program = """
        import nn
        from autograd.state import state
        class Scope:
            @property
            def parts(self):
                state.scope = None
                return {id(model): object()}
        class Model(nn.Module):
            def forward(self, x): return x
        model = Model()
        for _ in range(100):
            state.scope = Scope()
            model(1.0)
            others = [bytearray(60) for _ in range(20)]
            str(state.scope)
        print("called")
    """
    assert said_by(program) == "called"


def test_weights_may_be_exchanged_by_finalizers_while_a_neuron_computes():
    program = """
        import gc, nn
        class Weight(nn.Parameter): pass
        layer = nn.Layer(3, 1, activation=None)
        neuron, = layer.neurons
        class Changer:
            def __init__(self): self.me = self
            def __del__(self): neuron.w[:] = [Weight(2.0) for _ in range(3)]
        neuron.w[:] = [Weight(2.0) for _ in range(3)]
        gc.set_threshold(1)
        for _ in range(2000): Changer(); out = layer([1.0, 2.0, 3.0])
        print(out)
    """
    assert said_by(program) == "Value(data=12.0, grad=0.0)"


def test_a_rule_may_exchange_itself_while_it_runs():
    program = """
        from autograd import Value, gradient
        from autograd.primitives import TABLE
        row = TABLE["tanh"]
        class Rules:
            "Lets go of itself while it is read, and of the rest of the row."
            def __init__(self, kind): self.kind = kind
            def __iter__(self):
                setattr(row, self.kind, None)
                yield lambda out, x: 2.0
        class Forward:
            def __call__(self, x):
                row.forward = None
                return x
        x = Value(1.0)
        row.forward = Forward()
        y = x.tanh()
        row.partials, row.traced = Rules("partials"), Rules("traced")
        print(gradient(y, [x])[0], gradient(y, [x], create_graph=True)[0])
        for broken in (x.tanh, y.backward, lambda: gradient(y, [x], create_graph=True)):
            try: broken()
            except TypeError as error: print("TypeError")
    """
    assert said_by(program).split("\n") == [
        "2.0 Value(data=2.0, grad=0.0)",
        *["TypeError"] * 3,
    ]


def test_what_only_says_that_it_is_a_value_is_refused():
    program = """
        from unittest.mock import Mock
        from autograd import Value
        try: Value(1.0) + Mock(spec=Value)
        except TypeError as error: print(error)
    """
    assert said_by(program) == "unsupported operand type(s) for +: 'Value' and 'Mock'"


UNCONNECTED = """
    import autograd._native as native
    from autograd.primitives import TABLE
    class Row(native.BoundRow): pass
    class Twin:
        __slots__ = ()
        backward = item = _apply = data = grad = None
        label = scope = primitive = operands = primals = None
    def adopted():
        for pure in TABLE.values():
            row = Row()
            row.name, row.arity = pure.name, pure.arity
            row.forward = row.partials = row.traced = ()
            yield row
    def tried(function, *arguments):
        try: return function(*arguments)
        except (TypeError, SystemError, RuntimeError, ValueError) as error:
            return type(error).__name__
"""


def test_a_core_that_nobody_has_connected_refuses_what_it_needs_python_for():
    program = (
        UNCONNECTED
        + """
    print(tried(native.value_type, Twin, {}), tried(native.adopt, ()))
    native.adopt(list(adopted()))
    Value = native.value_type(Twin, {})
    native.state.active = 1
    x = Value(1.0)
    print(*(tried(f) for f in (x.backward, lambda: x + x, lambda: x < 1.0, lambda: Value("1"))))
    print(tried(native.Sweep([x], [x], [x]).pull, [1.0]))
    """
    )
    refused = ["RuntimeError", "ValueError"] + ["SystemError"] * 5
    assert said_by(program, core="pure").split() == refused


@pytest.mark.parametrize("base", ["int", "Exception", "type('Base', (), {})"])
def test_no_type_is_made_on_bases_with_storage(base):
    program = (
        UNCONNECTED
        + f"""
    native.adopt(list(adopted()))
    class Stored({base}, Twin): pass
    print(tried(native.value_type, Stored, {{}}))
    """
    )
    assert said_by(program, core="pure") == "TypeError"


def test_what_is_set_up_once_is_refused_a_second_time():
    program = """
        from autograd import Value, native
        core, nothing = native.core, dict.fromkeys(
            ("real", "foreign", "under_modes", "compare", "refuse_data", "refuse_stale", "watch", "hooks",
             "check_key"))
        for again in (lambda: core.connect(**nothing), lambda: core.value_type(Value, {})):
            try: again()
            except RuntimeError as error: print(error)
    """
    assert said_by(program).splitlines() == [
        "they are connected already",
        "the type was made already",
    ]


def test_a_second_import_of_the_core_is_refused_and_the_first_goes_on():
    program = """
        import sys
        from autograd import Value
        first = sys.modules.pop("autograd._native")
        try: import autograd._native
        except ImportError as error: print(error)
        y = Value(2.0) * 3.0; y.backward(); print(y)
    """
    assert said_by(program).splitlines() == [
        "it runs in the main interpreter, and is loaded once",
        "Value(data=6.0, grad=1.0)",
    ]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="_xxsubinterpreters has another name")
def test_a_second_interpreter_in_the_process_takes_the_pure_core():
    program = '''
        import os, sys
        del os.environ["VALUEGRAD_CORE"]
        import _xxsubinterpreters as interpreters
        from autograd import Value, native
        assert native.core is not None
        second = interpreters.create()
        interpreters.run_string(second, """if True:
            from autograd import Value, native
            y = Value(2.0) * 3.0; y.backward()
            print(native.core, y, flush=True)
        """)
        interpreters.destroy(second)
        print(Value(2.0) * 3.0)
    '''
    assert said_by(program).splitlines() == [
        "None Value(data=6.0, grad=1.0)",
        "Value(data=6.0, grad=0.0)",
    ]


def test_an_exchanged_math_hypot_is_not_called_from_the_middle_of_a_sweep():
    program = """
        import math, os
        del os.environ["VALUEGRAD_CORE"]
        math.hypot = lambda x, y: 7.0
        from autograd import native
        print(native.why)
    """
    assert said_by(program) == "the native core fails: somebody has exchanged math.hypot"


def test_graphs_that_outlive_the_program_are_dropped_in_silence():
    program = """
        import atexit, sys, weakref
        import autograd as ag, nn
        class Subclass(ag.Value): pass
        x = Subclass(1.0)
        x.note = [x * 2.0, ag.sum([x, 1.0])]
        model = nn.MLP(2, [3, 1]); sys.kept = model([x, 1.0])
        long = ag.Value(1.0)
        for _ in range(200_000): long = long * x
        class Late:
            def __del__(self): ag.sum([x, x]).backward()
        late = [Late(), weakref.finalize(x, print, "gone")]; sys.late = late; late.append(late)
        atexit.register(lambda: long.backward())
    """
    assert said_by(program) == "gone"
