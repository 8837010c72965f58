"""What a picture of Values shows."""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value, draw, print_graph, scope
from autograd.drawing.model import number, shorten
from autograd.testing import gradcheck
from tests.autograd.drawing.graphs import everything, graphs


def titles(picture):
    return [node.title for node in picture.graph.nodes]


def edges(picture):
    nodes = picture.graph.nodes
    return sorted((nodes[e.tail].title, nodes[e.head].title) for e in picture.graph.edges)


def box(picture, title):
    (found,) = [node for node in picture.graph.nodes if node.title == title]
    return found


def example():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    loss = a * b + a**2
    loss.label = "loss"
    return a, b, loss


# --- what it says ----------------------------------------------------------------------------


def test_a_picture_has_a_box_for_each_node_and_an_arrow_for_each_operand():
    _, _, loss = example()
    picture = draw(loss)
    assert sorted(titles(picture)) == ["a = 2", "a ^ 2", "a × b", "b = -3", "loss = • + •"]
    assert edges(picture) == [
        ("a = 2", "a ^ 2"),
        ("a = 2", "a × b"),
        ("a ^ 2", "loss = • + •"),
        ("a × b", "loss = • + •"),
        ("b = -3", "a × b"),
    ]


def test_operands_come_before_what_is_made_of_them():
    _, _, loss = example()
    assert all(edge.tail < edge.head for edge in draw(loss).graph.edges)


def test_constants_are_part_of_the_operation():
    x = Value(3.0, "x")
    for made, formula in [
        (x * 2, "x × 2"),
        (2 * x, "2 × x"),
        (1 - x, "1 − x"),
        (x - 1, "x − 1"),
        (2**x, "2 ^ x"),
        (x / 4, "x ÷ 4"),
        (ag.clip(x, 0, 1), "clip(x, 0, 1)"),
        (ag.where(False, x, 7), "where(false, x, 7)"),
        (x * 1.000001, "x × 1.000001"),
        (x * 3.0000001e-10, "x × 3.0000001e-10"),
    ]:
        assert titles(draw(made)) == ["x = 3", formula]


def test_an_operand_without_a_short_name_is_left_to_the_arrow():
    x = Value(3.0, "a rather long name")
    assert titles(draw(ag.tanh(x)))[-1] == "tanh"
    assert titles(draw(x - 1))[-1] == "− 1"
    assert titles(draw(1 - x))[-1] == "1 −"
    y = 1 - x
    y.label = "y"
    assert titles(draw(y))[-1] == "y = 1 − •"


def test_arrows_tell_which_operand_is_which_where_the_formula_does_not():
    x = Value(3.0)
    labels = {e.label for e in draw(ag.exp(x) / ag.sin(x)).graph.edges}
    assert labels == {"", "1st", "2nd"}
    assert {e.label for e in draw(ag.exp(x) * ag.sin(x)).graph.edges} == {""}
    a, b = Value(1.0, "a"), Value(2.0, "b")
    assert {e.label for e in draw(a / b).graph.edges} == {""}


def test_an_operand_used_twice_by_one_node_has_one_arrow_that_says_so():
    x = Value(3.0, "x")
    (edge,) = draw(x * x).graph.edges
    assert edge.label == "×2"


def test_an_n_ary_operation_says_how_often_it_uses_an_operand():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    assert [e.label for e in draw(ag.sum([x, x, x, y])).graph.edges] == ["×3", ""]
    w = [Value(float(i), f"w[{i}]") for i in range(9)]
    assert [e.label for e in draw(ag.dot(w, w)).graph.edges] == ["×2"]
    assert [e.label for e in draw(ag.sum([*w, w[0]])).graph.edges] == ["some repeated"]


@given(st.floats(-1e300, 1e300).filter(bool))
def test_no_constant_is_elided(constant):
    x = Value(3.0, "x")
    for formula in (titles(draw(x * constant))[-1], titles(draw(ag.tanh(x) * constant))[-1]):
        shown = float(formula.rpartition("× ")[2])
        assert abs(shown - constant) <= abs(constant) * 1e-3


def test_n_ary_operations_bear_their_name():
    xs = [Value(1.0, "a"), Value(2.0, "b")]
    assert titles(draw(ag.sum(xs)))[-1] == "sum"
    assert titles(draw(ag.dot(xs, [3.0, 4.0])))[-1] == "dot with 2 constants"
    assert titles(draw(ag.logsumexp([*xs, 0.5])))[-1] == "logsumexp with 0.5"


def test_leaves_that_are_parameters_inputs_and_results_differ_in_shape():
    w, x = Value(1.0, "w"), Value(2.0, "x")
    source = draw(w * x, parameters=[w]).source
    shape = {}
    for line in source.splitlines():
        for name in ("w = 1", "x = 2", "w × x"):
            if f'label="{name}' in line:
                shape[name] = "peripheries=2" in line, line.partition("shape=")[2].partition(",")[0]
    assert shape == {
        "w = 1": (False, "hexagon"),
        "x = 2": (False, "ellipse"),
        "w × x": (True, "box"),
    }


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (100000.0, "100000"),
        (0.1, "0.1"),
        (1 / 3, "0.3333"),
        (-0.00123456, "-0.001235"),
        (12345.678, "12346"),
        (1e-9, "1e-09"),
        (1.23456e8, "1.235e+08"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_have_four_digits_and_an_exponent_only_where_needed(x, text):
    assert number(x) == text


@given(st.floats(-1e300, 1e300), st.integers(1, 15))
def test_a_number_is_shown_within_half_a_unit_of_its_last_digit(x, digits):
    shown = float(number(x, digits))
    assert abs(shown - x) <= abs(x) * 10 ** (1 - digits) * 0.5000001 or shown == x == 0


@given(st.text(max_size=200))
def test_a_label_is_cut_to_one_short_printable_line(text):
    short = shorten(text)
    assert len(short) <= 32
    assert all(c.isprintable() for c in short)
    if len(text) <= 32 and text.isprintable():
        assert short == text


def test_a_label_of_ten_kilobytes_is_cut_everywhere():
    x = Value(1.0, "long " * 2000)
    picture = draw(x * 2)
    assert len(picture.source) < 2000
    assert len(picture.to_text()) < 200
    assert len(picture.to_mermaid()) < 2000


# --- gradients -------------------------------------------------------------------------------


def test_before_backward_no_gradient_is_shown_but_a_hint():
    _, _, loss = example()
    picture = draw(loss)
    assert not any(node.gradient for node in picture.graph.nodes)
    assert picture.graph.notes == ["No gradients yet: call backward() first"]


def test_after_backward_each_box_shows_its_gradient_and_there_is_no_hint():
    _, _, loss = example()
    loss.backward()
    picture = draw(loss)
    assert box(picture, "a = 2").gradient == "grad 1"
    assert box(picture, "b = -3").gradient == "grad 2"
    assert picture.graph.notes == []


def test_a_leaf_keeps_the_gradient_of_an_older_graph_while_the_new_one_has_none():
    a, _, loss = example()
    loss.backward()
    picture = draw(a * 5.0)
    assert box(picture, "a = 2").gradient == "grad 1"
    assert box(picture, "a × 5").gradient == ""
    assert picture.graph.notes == ["No gradients yet: call backward() first"]


def test_gradients_can_be_left_out():
    _, _, loss = example()
    loss.backward()
    picture = draw(loss, gradients=False)
    assert not any(node.gradient for node in picture.graph.nodes)
    assert picture.graph.notes == []


def test_arrows_are_as_thick_as_the_gradient_they_carry_on_a_scale_of_three_decades():
    a, b, c = Value(1.0, "a"), Value(1.0, "b"), Value(1.0, "c")
    y = ag.sum([a * 1.0, b * 0.1, c * 0.0])
    y.backward()
    picture = draw(y)
    weight = {picture.graph.nodes[e.tail].title: e.weight for e in picture.graph.edges}
    assert weight["a = 1"] == 1.0
    assert weight["b = 1"] == pytest.approx(2 / 3)
    assert weight["c = 1"] == 0.0


def test_no_gradient_flows_to_the_branch_that_was_not_taken():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    y = ag.where(True, a, b)
    y.backward()
    picture = draw(y)
    weight = {picture.graph.nodes[e.tail].title: e.weight for e in picture.graph.edges}
    assert weight == {"a = 1": 1.0, "b = 2": 0.0}


def test_infinite_gradients_do_not_spoil_the_other_arrows():
    a, b = Value(0.0, "a"), Value(2.0, "b")
    y = ag.sqrt(a) + b
    y.backward()
    assert {e.weight for e in draw(y).graph.edges} == {1.0}


def test_a_leaf_that_was_changed_since_is_pointed_out():
    x = Value(3.0, "x")
    y = x * x
    x.data = 5.0
    assert "x was 3 when this was computed, and is 5 now" in draw(y).graph.notes


# --- what can be drawn -----------------------------------------------------------------------


def test_several_values_are_drawn_in_one_picture():
    a, b, loss = example()
    picture = draw({"loss": loss, "more": [b * 2, (a,)]})
    assert [node.title for node in picture.graph.nodes if node.output] == [
        "a = 2",
        "loss = • + •",
        "b × 2",
    ]


def test_a_function_is_called_with_values_that_bear_its_arguments_names():
    picture = draw(lambda x, *rest: x[0] * x[1] + rest[1], [2.0, 3], 0.0, 5)
    assert titles(picture) == ["x[0] = 2", "x[1] = 3", "x[0] × x[1]", "rest[1] = 5", "• + rest[1]"]


def test_a_values_own_label_wins_and_is_not_changed():
    v, w = Value(2.0, "mine"), Value(3.0)
    assert titles(draw(lambda x, y: x * y, v, w)) == ["mine = 2", "y = 3", "mine × y"]
    assert (v.label, w.label) == ("mine", "")


def test_names_label_the_values_in_a_mapping_and_what_it_holds_and_change_none():
    w, x = [Value(1.0), Value(2.0)], Value(3.0)
    d = {"bias": Value(4.0), 1: (Value(5.0),)}
    y = w[0] * x + w[1] * d["bias"] * d[1][0]
    mine = Value(6.0, "mine")
    z = y * mine
    picture = draw(z, names=locals())
    assert titles(picture) == [
        "w[0] = 1",
        "x = 3",
        "w[0] × x",
        "w[1] = 2",
        "d['bias'] = 4",
        "w[1] × d['bias']",
        "d[1][0] = 5",
        "• × d[1][0]",
        "y = • + •",
        "mine = 6",
        "z = y × mine",
    ]
    assert not any(v.label for v in (*w, x, y, z, d["bias"]))
    assert titles(draw(z)) != titles(picture)


def test_the_shortest_name_counts_and_no_circle_nor_underscore():
    x = Value(2.0)
    here = {"many": [x], "_": x, "x": x, "others": [1.0, "text", None, Value]}
    here["here"] = here
    assert titles(draw(x * 2, names=here)) == ["x = 2", "x × 2"]
    assert titles(draw(x * 2, names={"_": x})) == ["2", "× 2"]


def test_names_reach_into_modules_and_arrays():
    np = pytest.importorskip("numpy")
    module = nn.Module()
    module.rate = nn.Parameter(2.0)
    array = np.array([[Value(1.0)], [Value(3.0)]])
    y = module.rate * array[1][0]
    assert titles(draw(y, names={"m": module, "a": array}))[-1] == "m.rate × a[1][0]"


def test_leaves_are_folded_by_the_names_they_are_given():
    w, x = ([Value(float(i)) for i in range(64)] for _ in range(2))
    assert titles(draw(ag.dot(w, x), names={"w": w, "x": x})) == ["w[0..63]", "x[0..63]", "dot"]
    assert titles(draw(ag.dot, [1.0] * 64, [2.0] * 64)) == ["xs[0..63]", "ys[0..63]", "dot"]


def test_names_must_be_a_mapping():
    with pytest.raises(
        TypeError, match=r"names must be a mapping of names, as locals\(\) is, not list"
    ):
        draw(Value(1.0), names=["x"])


def test_numpy_arguments_become_values():
    np = pytest.importorskip("numpy")
    picture = draw(lambda x: ag.dot(x, [1.0, 1.0]), np.array([2.0, 3.0]))
    assert titles(picture) == ["x[0] = 2", "x[1] = 3", "dot with 2 constants"]
    assert titles(draw(np.array([Value(1.0, "a"), Value(2.0, "b")]))) == ["a = 1", "b = 2"]


class Line(NamedTuple):
    slope: float
    offset: float


def test_a_function_gets_arguments_in_the_containers_in_which_they_came():
    np = pytest.importorskip("numpy")
    line, grid = Line(2.0, 3.0), np.array([[4.0, 5.0]])
    came = []

    def f(line, table, grid):
        came.extend([line, table, grid])
        return Line(line.slope * table["k"], grid.T[1, 0] + line.offset)

    picture = draw(f, line, {"k": 7.0}, grid)
    assert titles(picture) == [
        *("line[0] = 2", "table['k'] = 7", "line[0] × table['k']"),
        *("grid[0, 1] = 5", "line[1] = 3", "grid[0, 1] + line[1]"),
    ]
    assert [type(argument) for argument in came] == [Line, dict, np.ndarray]
    assert gradcheck(lambda line: line.slope * line.offset, line)  # which takes it likewise


class Pair(NamedTuple):
    a: object
    b: object


@dataclass
class Curve:
    slope: object
    name: object


def test_the_fields_of_named_tuples_and_data_classes_are_arguments_too():
    found = titles(draw(lambda p, q: p.a * p.b[0] + q.slope, Pair(1.0, [2.0]), Curve(3.0, "mine")))
    assert found == ["p[0] = 1", "p[1][0] = 2", "p[0] × p[1][0]", "q.slope = 3", "• + q.slope"]
    assert titles(draw(Curve(Value(1.0, "u"), [None, Value(2.0, "v")]))) == ["u = 1", "v = 2"]


@pytest.mark.parametrize("x", [3.0, "x", None, [], [1.0, 2.0], {}])
def test_what_is_no_value_is_refused(x):
    with pytest.raises(TypeError, match="x must be a Value"):
        draw(x)


def test_a_function_that_gives_no_value_is_refused():
    with pytest.raises(TypeError, match="not float"):
        draw(lambda x: 3.0, 1.0)
    with pytest.raises(TypeError, match="only a function or a module"):
        draw(Value(1.0), 2.0)


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ({"direction": "RL"}, ValueError, "direction must be 'LR' or 'TB', not 'RL'"),
        ({"theme": "blue"}, ValueError, "theme must be 'light' or 'dark', not 'blue'"),
        ({"theme": ["light"]}, ValueError, "theme must be"),
        ({"max_nodes": 0}, ValueError, "max_nodes must be at least 1, not 0"),
        ({"max_nodes": 2.5}, TypeError, "max_nodes must be a whole number, not float"),
        ({"collapse": 2.5}, TypeError, "collapse must be"),
        ({"collapse": -1}, ValueError, "collapse must be at least 0"),
        ({"highlight": [3.0]}, TypeError, "highlight must be Values, not float"),
        ({"near": 3.0}, TypeError, "near must be Values, not float"),
        ({"fold": 1}, ValueError, "fold must be at least 2"),
        ({"digits": True}, TypeError, "digits must be a whole number"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_name(option, error, message):
    with pytest.raises(error, match=message):
        draw(Value(1.0), **option)


def test_near_must_belong_to_the_graph():
    with pytest.raises(ValueError, match="near must be nodes of the graph"):
        draw(Value(1.0) * 2, near=Value(3.0))


def test_print_graph_prints_the_tree(capsys):
    _, _, loss = example()
    print_graph(loss, gradients=False)
    assert capsys.readouterr().out == (
        "loss = • + •: -2\n"
        "├─ a × b: -6\n"
        "│  ├─ a = 2 [0]\n"
        "│  └─ b = -3\n"
        "└─ a ^ 2: 4\n"
        "   └─ a = 2 [0], above\n"
    )


# --- highlight -------------------------------------------------------------------------------


def test_the_path_from_a_highlighted_node_to_the_result_is_marked():
    a, _, loss = example()
    picture = draw(loss * 2 + 1, highlight=a)
    marked = {node.title for node in picture.graph.nodes if node.highlighted}
    assert marked == {"a = 2", "a × b", "a ^ 2", "loss = • + •", "loss × 2", "+ 1"}
    assert ("b = -3", "a × b") not in {
        (picture.graph.nodes[e.tail].title, picture.graph.nodes[e.head].title)
        for e in picture.graph.edges
        if e.highlighted
    }


def test_between_several_highlighted_nodes_only_their_paths_are_marked():
    a, _, loss = example()
    picture = draw(loss * 2 + 1, highlight=[a, loss])
    marked = {node.title for node in picture.graph.nodes if node.highlighted}
    assert marked == {"a = 2", "a × b", "a ^ 2", "loss = • + •"}


# --- folding, cutting, collapsing ------------------------------------------------------------


def test_a_dot_of_64_is_three_boxes():
    w = [Value(i / 64, f"w[{i}]") for i in range(64)]
    x = [Value(1.0, f"x[{i}]") for i in range(64)]
    picture = draw(ag.dot(w, x), parameters=w)
    assert titles(picture) == ["w[0..63]", "x[0..63]", "dot"]
    assert picture.graph.nodes[0].lines == ("64 parameters", "0 … 0.9844")
    assert picture.graph.nodes[1].kind == "input"


def test_leaves_without_names_are_counted():
    assert titles(draw(ag.sum([Value(1.0) for _ in range(9)])))[0] == "9 inputs"


def test_parameters_and_inputs_are_folded_apart():
    inputs, weights = [Value(1.0) for _ in range(9)], [nn.Parameter(2.0) for _ in range(9)]
    source = draw(ag.sum([*inputs, *weights]), fold=4).source
    assert "9 inputs" in source
    assert "9 parameters" in source


def test_leaves_with_names_of_their_own_are_not_folded():
    xs = [Value(1.0, name) for name in "abcdefgh"]
    assert titles(draw(ag.sum(xs)))[:8] == [f"{name} = 1" for name in "abcdefgh"]


def test_a_large_graph_is_cut_with_a_count_of_what_is_left_out():
    y = Value(1.0, "x")
    for _ in range(1000):
        y = y * 1.5
    picture = draw(y, max_nodes=10)
    assert len(picture.graph.nodes) == 10
    assert titles(picture)[0] == "… 992 more"
    assert picture.graph.notes[0] == "992 nodes not shown (max_nodes=10)"


def test_a_wide_node_shows_its_first_operands_and_one_count():
    x = Value(1.0, "x")
    picture = draw(ag.sum([x * float(i) for i in range(1000)]), max_nodes=50)
    assert [t for t in titles(picture) if t.startswith("…")] == ["… 994 more"]
    assert sum(t.startswith("x × ") for t in titles(picture)) == 6


@given(graphs(), st.integers(1, 12))
def test_what_is_shown_and_what_is_counted_are_all_there_is(nodes, limit):
    picture = draw(nodes[-1], max_nodes=limit, fold=100)
    total = len(ag.topological_order(nodes[-1]))
    shown = [node for node in picture.graph.nodes if node.kind != "more"]
    counted = sum(
        int(node.title.split()[1].replace(",", ""))
        for node in picture.graph.nodes
        if node.kind == "more" and node.title != "…"
    )
    assert len(shown) <= limit
    assert len(shown) + counted == total


def test_near_shows_operands_and_users_of_a_node_and_counts_the_others():
    xs = [Value(float(i)) for i in range(3)]
    y = xs[0]
    chain = []
    for _ in range(100):
        y = y * 1.5
        chain.append(y)
    middle = chain[50]
    middle.label = "middle"
    picture = draw(y, near=middle, max_nodes=5)
    shown = titles(picture)
    assert "middle = • × 1.5" in shown
    assert "… 50 more" in shown
    assert "… 1 use not shown" in shown
    assert len(shown) == 5


def two_layers():
    x = Value(0.5, "x")
    with scope("first", "Layer"):
        a = ag.tanh(x * 2.0)
        b = ag.tanh(x * 3.0)
    with scope("second", "Layer"):
        y = a * b
    return x, a, b, y


def test_nodes_stand_in_frames_of_their_scopes():
    *_, y = two_layers()
    graph = draw(y).graph
    frames = [
        None if node.cluster is None else graph.clusters[node.cluster].title for node in graph.nodes
    ]
    first, second = "first · Layer", "second · Layer"
    assert frames == [None, first, first, first, first, second]


def test_a_collapsed_module_is_one_box_with_a_summary():
    *_, y = two_layers()
    picture = draw(y, collapse="first")
    assert titles(picture) == ["x = 0.5", "first", "×"]
    assert picture.graph.nodes[1].lines == ("Layer", "4 operations")
    assert titles(draw(y, collapse="Layer")) == ["x = 0.5", "first", "second"]
    assert titles(draw(y, collapse=["second"]))[-1] == "second"
    assert titles(draw(y, collapse=True)) == ["x = 0.5", "first", "second"]
    assert len(titles(draw(y, collapse=False))) == 6


def test_a_graph_that_does_not_fit_is_collapsed_by_itself_unless_told_otherwise():
    *_, y = two_layers()
    assert titles(draw(y, max_nodes=5)) == ["x = 0.5", "first", "second"]
    assert "… " in " ".join(titles(draw(y, max_nodes=5, collapse=False)))


def test_gradient_through_collapsed_modules_weighs_their_arrows():
    x, _a, _b, y = two_layers()
    y.backward()
    picture = draw(y, collapse=True)
    assert [e.weight is not None for e in picture.graph.edges] == [True, True]
    assert math.isfinite(x.grad)


def test_modules_that_depend_on_each_other_in_a_circle_are_drawn():
    y = Value(1.0, "x")
    for _ in range(50):
        with scope("ping"):
            y = y * 1.1
        with scope("pong"):
            y = y + 1.0
    picture = draw(y, collapse=True)
    assert edges(picture) == [("ping", "pong"), ("pong", "ping"), ("x = 1", "ping")]
    assert picture.source
    assert picture.to_text()


# --- large graphs, side effects --------------------------------------------------------------


def test_a_chain_of_a_hundred_thousand_nodes_draws_and_leaves_the_collector_on():
    y = Value(1.0)
    gc.disable()
    try:
        for _ in range(100_000):
            y = y * 1.0
    finally:
        gc.enable()
    picture = draw(y)
    assert picture.source
    assert picture.to_text()
    assert len(picture.graph.nodes) == 200
    assert gc.isenabled()


@given(graphs())
def test_drawing_changes_neither_data_nor_gradients_nor_the_graph(nodes):
    nodes[-1].backward()
    before = everything(nodes)
    picture = draw(nodes[-1], highlight=nodes[0] if nodes[0] in nodes else ())
    picture.to_text()
    picture.to_mermaid()
    assert picture.source
    repr(picture)
    ag.draw_backward(nodes[-1])
    assert everything(nodes) == before


@given(graphs())
def test_the_dot_text_is_the_same_each_time(nodes):
    assert draw(nodes[-1]).source == draw(nodes[-1]).source


def test_a_picture_stays_as_it_was_drawn():
    a, _, loss = example()
    picture = draw(loss)
    loss.backward()
    a.data = 100.0
    assert "100" not in picture.source
    assert not any(node.gradient for node in picture.graph.nodes)


def test_gradients_too_large_to_add_up_are_drawn():
    w = [Value(1e308, f"w[{i}]") for i in range(8)]
    x = [Value(1e308, f"x[{i}]") for i in range(8)]
    y = ag.dot(w, x)
    y.backward()
    assert [e.weight for e in draw(y).graph.edges] == [1.0, 1.0]
