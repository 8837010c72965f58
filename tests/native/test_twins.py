"""The native Value beside the pure one: what tools and other programs see of it."""

from __future__ import annotations

import inspect
import os
import pydoc
import shutil
import subprocess
import sys
import threading

import pytest

import autograd as ag
from autograd import Value
from tests.native.children import ROOT, needs_core, said_by

pytestmark = needs_core

SHOWN = """
    import inspect, pydoc
    import autograd as ag
    from autograd import Value
    print(pydoc.render_doc(Value, renderer=pydoc.plaintext).count("The number. Only a leaf's can be set"))
    for thing in (Value, Value.backward, Value.item, Value.detach, ag.exp, ag.hypot, ag.clip, ag.topological_order):
        print(thing.__qualname__, thing.__doc__)
    print(Value.__module__, ag.exp.__module__, ag.clip.__module__)
    print(Value.__name__, type(Value).__name__, Value.__mro__[1:], Value.is_parameter)
    for expression in ("Value(1.0) + 'a'", "Value('a')", "Value(1j)", "Value()", "Value(1.0) < 'a'", "Value(1.0)(2)",
                       "Value(1.0).backward('a')", "setattr(Value(1.0) * 2, 'data', 1.0)", "ag.exp('a')", "ag.exp()",
                       "ag.hypot(1.0)", "ag.exp(1.0, 2.0)", "ag.exp(Value(1.0), 2.0)", "2 ** Value('1')", "Value(10**400)", "Value([1.0])", "Value(1.0)[0]"):
        try: print(eval(expression))
        except Exception as error: print(type(error).__name__)
"""


def test_both_cores_show_the_same_names_words_and_kinds_of_errors():
    native, pure = (said_by(SHOWN, core=core).splitlines() for core in ("native", "pure"))
    assert native == pure


@pytest.mark.parametrize(
    ("thing", "signature"),
    [
        (Value, "(data, label='')"),
        (Value.backward, "(self, /, gradient=1.0)"),
        (Value.item, "(self, /)"),
        (ag.exp, "(x, /)"),
        (ag.hypot, "(a, b, /)"),
    ],
)
def test_signatures_are_known(thing, signature):
    assert str(inspect.signature(thing)) == signature


def test_help_tells_of_the_methods_that_are_made_in_c():
    text = pydoc.render_doc(Value, renderer=pydoc.plaintext)
    for told in (
        "backward(self, /, gradient=1.0)",
        "Add the derivative of this Value",
        "tanh(self, /)",
    ):
        assert told in text


@pytest.mark.parametrize(("writer", "reader"), [("native", "pure"), ("pure", "native")])
def test_pickles_of_one_core_load_on_the_other(writer, reader):
    write = """
        import pickle, nn
        from autograd import Value
        x, w = Value(0.1, "x"), nn.Parameter(-0.5)
        x.grad = 0.25
        model = nn.MLP(2, [2, 1], seed=1)
        for protocol in (0, 2, 5): print(pickle.dumps([x, x, w, model], protocol).hex())
    """
    read = """
        import pickle, sys
        for written in sys.argv[1:]:
            x, again, w, model = pickle.loads(bytes.fromhex(written))
            print(x is again, x, x.grad, type(w).__name__, w, model([1.0, 2.0]))
    """
    written = said_by(write, core=writer)
    expected = said_by(read, written, core=writer)
    assert said_by(read, written, core=reader) == expected
    assert expected.startswith(
        "True Value(data=0.1, grad=0.25, label='x') 0.25 Parameter Parameter("
    )


def test_four_threads_that_share_leaves_give_the_answers_of_one():
    shared = [Value(0.3), Value(0.7)]

    def work(seed, answers):
        xs = [Value(0.1 * (seed + k)) for k in range(10)]
        found = []
        for turn in range(20):
            pool = [*xs, *shared]
            for k in range(150):
                pool.append(
                    ag.tanh(pool[k % 12] * pool[-1 - k % 5] + pool[(k * 7 + turn) % len(pool)])
                )
            root = ag.sum(pool)
            root.backward()
            found += [x.grad for x in xs]
            found += [g.data for g in ag.gradient(root, xs, create_graph=True)]
            found += ag.hvp(
                lambda v: ag.prod([ag.sin(a) for a in v]), ([0.1, 0.2],), ([1.0, turn],)
            )[0]
        answers[seed] = found

    def run(together):
        answers = {}
        threads = [threading.Thread(target=work, args=(seed, answers)) for seed in range(4)]
        for thread in threads:
            thread.start()
            if not together:
                thread.join()
        for thread in threads:
            thread.join()
        return answers

    assert run(together=True) == run(together=False)


WRONG_CALLS = """
    import autograd as ag
    from autograd import Value
    for call in (lambda: ag.exp(), lambda: ag.exp(1.0, 2.0), lambda: ag.exp(Value(1.0), 2.0), lambda: ag.hypot(1.0),
                 lambda: ag.clip(Value(1.0)), lambda: Value(1.0, 3), lambda: Value(1.0, label=None)):
        try: call()
        except TypeError as error: print(error)
"""


def test_both_cores_refuse_wrong_calls_in_the_same_words():
    native, pure = (said_by(WRONG_CALLS, core=core).splitlines() for core in ("native", "pure"))
    assert native == pure
    assert len(native) == 7


def test_a_core_of_other_sources_is_told_of_where_the_package_is_imported(tmp_path):
    shutil.copytree(
        ROOT / "autograd", tmp_path / "autograd", ignore=shutil.ignore_patterns("*.pyc")
    )
    with (tmp_path / "autograd/primitives.py").open("a") as file:
        file.write("# changed since\n")
    script = tmp_path / "script.py"
    script.write_text("import sys\nimport autograd\nprint(autograd.native.core)\n")
    found = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "VALUEGRAD_CORE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{script}:2: RuntimeWarning: the native core was built from other" in found.stderr
    assert found.stdout == "None\n"
