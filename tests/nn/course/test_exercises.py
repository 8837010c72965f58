"""The notebooks' exercises: three at each end, a solution that is marked right, and a word for every mistake of a known kind."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path

import pytest

import autograd
from autograd import Value, compile, grad, hessian, where
from nn.course import judge, mark
from nn.course.marking import ROOMS, close

nbformat = pytest.importorskip("nbformat")

NOTEBOOKS = sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))
NUMBERS = [f"{i}.{j}" for i in range(1, 11) for j in (1, 2, 3)]


def imports(notebook):
    """What the notebook has imported when its exercises come."""
    nodes = [
        node
        for cell in notebook.cells
        if cell.cell_type == "code"
        for node in ast.parse(cell.source).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    return ast.Module(nodes, type_ignores=[])


def exercises(notebook):
    """The stub and the solution of each exercise, by number."""
    found = {}
    for stub, folded in zip(notebook.cells, notebook.cells[1:], strict=False):
        number = re.search(r'^mark\("([\d.]+)"', stub.source, flags=re.MULTILINE)
        if stub.cell_type == "code" and number:
            (solution,) = re.findall(r"^<details>.*```python\n(.*?)```", folded.source, re.DOTALL)
            found[number.group(1)] = stub, solution
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_ends_with_three_exercises_whose_solutions_are_right(path, capsys):
    pytest.importorskip("matplotlib")
    pytest.importorskip("hypothesis")
    notebook = nbformat.read(path, as_version=4)
    found = exercises(notebook)
    assert list(found) == [f"{int(path.name[:2])}.{i}" for i in (1, 2, 3)]
    assert notebook.cells[-1].source.startswith("<details>")
    for number, (stub, solution) in found.items():
        (blank,) = stub.outputs
        assert blank.text == f"{number}: not answered yet.\n"
        namespace = {}
        exec(compile_(imports(notebook)), namespace)
        exec(solution, namespace)
        assert capsys.readouterr().out.startswith(f"{number}: right. ")


def compile_(module):
    return __builtins__["compile"](module, "<imports>", "exec")


def even(a, b):
    return a + b - 2 * a * b if a * b > 0 else a + b


def adam(g, m, v, t, *, corrected=True, sign=-1.0):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    a, b = (m / (1 - 0.9**t), v / (1 - 0.999**t)) if corrected else (m, v)
    return sign * 0.1 * a / (b**0.5 + 1e-8), m, v


def naive(scores):
    parts = [math.exp(x) for x in scores]
    return [x / sum(parts) for x in parts]


def of_first(model, row):
    inputs = [Value(x) for x in row]
    model(inputs)[0].backward()
    return [x.grad for x in inputs]


def sizes(model, row):
    inputs = [Value(x) for x in row]
    max(model(inputs), key=lambda score: score.data).backward()
    return [abs(x.grad) for x in inputs]


def captured():
    scale = Value(2.0)
    number = scale.data
    return compile(lambda x: number * x), scale


def eagerly():
    scale = Value(2.0)
    return lambda x: scale * x, scale


SOFTMAX = naive([2.0, 1.0, 0.0])
ACROSS = [[1.0, 0.0, 1.0, 0.0], [0.5, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]]

MISTAKES = [
    ("1.1", (1.4, 0.2), "uphill"),
    ("1.1", (0.8, -0.1), "factor 2"),
    ("1.1", (0.8, -0.2), "factor x"),
    ("1.1", (7.0, 7.0), "What is the slope"),
    ("1.2", lambda t: math.tanh(5 * (t + 1)) - math.tanh(5 * (t - 1)), "twice as high"),
    ("1.2", lambda t: (math.tanh(5 * (t - 1)) - math.tanh(5 * (t + 1))) / 2, "pit"),
    ("1.2", lambda t: (math.tanh(5 * (t + 1)) + 1) / 2, "does not come down"),
    ("1.2", lambda t: 1.0, "steeper steps help"),
    ("1.2", lambda t: t / 0, "ZeroDivisionError"),
    ("1.2", 3.0, "to be a function"),
    ("1.3", 32, "Each neuron has a bias"),
    ("2.1", (1.0, 1.0, 0.0), "Without a bias"),
    ("2.1", (1.0, 1.0, -0.5), "That is 'or'"),
    ("2.1", (-1.0, -1.0, 1.5), "For the inputs (0, 0) it says yes"),
    ("2.1", (1.0, 1.0), "three numbers"),
    ("2.2", lambda a, b: float(a.data != b.data), "something else"),
    ("2.2", lambda a, b: autograd.maximum(a, b), "taken off again"),
    ("2.2", lambda a, b: a + b, "At (1.0, 1.0) it is 2"),
    ("2.2", lambda a, b: (a - b) ** 2, "curved between them"),
    ("2.3", [[4.0, 6.0]], "is -1"),
    ("1.3", "49", "to be a number, not str"),
    ("5.2", 10**400, "not of its form"),
    ("2.3", [-2, -2], "one row"),
    ("3.1", lambda x: 2 * x * math.cos(x), "product of the derivatives"),
    ("3.1", lambda x: 2 * x * math.sin(x), "a term is missing"),
    ("3.1", lambda x: 1.0, "At (0.5) it answers 1, and"),
    ("3.2", 1 - math.tanh(0.5) ** 2, "must still be multiplied"),
    ("3.2", -2 * (1 - math.tanh(0.5) ** 2), "derivative by x"),
    ("3.3", lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6, "one side only"),
    ("3.3", lambda f, x: (f(x + 1e-8) - f(x)) / 1e-8, "A larger step"),
    ("3.3", lambda f, x: (f(x + 1e-5) - f(x - 1e-5)) / 1e-5, "twice the slope"),
    ("3.3", lambda f, x: (f(x + 1e-2) - f(x - 1e-2)) / 2e-2, "A larger step, or a smaller one?"),
    ("3.3", lambda f, x: (f(x - 1e-5) - f(x + 1e-5)) / 2e-5, "other sign"),
    ("4.1", SOFTMAX, "must rise"),
    ("4.1", [x - 1 for x in SOFTMAX], "right class alone"),
    ("4.2", naive, "more than a float can hold"),
    ("4.2", lambda scores: [1.0 for _ in scores], "add up to 3"),
    ("4.2", lambda scores: naive([x - sum(scores) / len(scores) for x in scores]), "more than a float"),
    ("4.2", lambda scores: naive([x - scores[0] for x in scores]), "more than a float"),
    ("4.2", lambda scores: [scores], "it answers [[2, 1, 0]]"),
    ("4.3", (3, 22), "other order"),
    ("5.1", [-0.1, -0.2, -0.3], "without momentum"),
    ("5.2", 0.02, "best rate"),
    ("5.3", lambda *args: adam(*args, corrected=False), "not corrected for"),
    ("5.3", lambda *args: adam(*args, sign=1.0), "uphill"),
    ("6.1", lambda labels, guesses, n: [
        [sum(g == i and y == j for y, g in zip(labels, guesses, strict=True)) for j in range(n)]
        for i in range(n)
    ], "turned"),
    ("6.2", of_first, "the first score"),
    ("6.2", sizes, "without signs"),
    ("6.2", lambda model, row: [0.0] * 38, "one for each number of the row"),
    ("6.3", lambda row: [0.0, *row[:-1]], "lines of 8"),
    ("6.3", lambda row: [x for i in range(0, 64, 8) for x in [row[i + 7], *row[i : i + 7]]], "leaves on the right"),
    ("6.3", lambda row: [x for i in range(0, 64, 8) for x in [*row[i + 1 : i + 8], 0.0]], "to the left"),
    ("7.1", lambda x: 2 * x, "-x**2"),
    ("7.1", lambda x: 2 * abs(x) + 0.01, "gradcheck says"),
    ("7.2", 0.5, "is 1."),
    ("7.2", math.inf, "no numbers"),
    ("7.3", lambda x: 3 * x - 1, "used once"),
    ("7.3", lambda x: x**2, "only: the engine that is tried"),
    ("7.3", lambda x: 2.0, "does not compute with x"),
    ("8.1", lambda x: x if x > 0 else 0.01 * x, "cannot be compiled"),
    ("8.1", lambda x: where(x > 0, x, 0.1 * x), "At -3.0 it is -0.3"),
    ("8.2", lambda f, xs, ys: [f(x, y) for x, y in zip(xs, ys, strict=True)], "f was called 200 times"),
    ("8.3", captured, "captured the number"),
    ("8.3", eagerly, "not compiled yet"),
    ("9.1", grad, "the first derivative"),
    ("9.1", lambda f: lambda x: None, "not answered"),
    ("9.2", lambda f, x: x - f(x) / grad(f)(x), "towards a *zero*"),
    ("9.2", lambda f, x: x - grad(f)(x), "gradient descent"),
    ("9.3", lambda f, x, v: [row[i] * v[i] for i, row in enumerate(hessian(f)(x))], "diagonal"),
    ("10.1", math.log2(27), "in bits"),
    ("10.2", lambda query, keys: naive([sum(q * k for q, k in zip(query, key, strict=True)) for key in keys]), "square root"),
    ("10.3", lambda scores, t: naive([x * t for x in scores]), "the colder, the surer"),
    ("10.3", lambda scores, t: [x / t for x in naive(scores)], "before softmax"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "answer", "said"), MISTAKES)
def test_a_mistake_is_told_what_it_is(number, answer, said):
    verdict = judge(number, answer)
    assert not verdict.right
    assert said in verdict.text


def test_every_exercise_has_a_mistake_that_is_told():
    assert {number for number, _, _ in MISTAKES} == set(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "answer", ["no", object(), [], [[]], {}, True, float("nan"), lambda *args: "no"]
)
def test_any_other_answer_gets_a_sentence_not_a_traceback(number, answer):
    verdict = judge(number, answer)
    assert not verdict.right
    assert verdict.text.startswith("not yet. ")


def softmax_in_place(scores):
    largest = max(scores)
    for i, score in enumerate(scores):
        scores[i] = math.exp(score - largest)
    total = sum(scores)
    for i in range(len(scores)):
        scores[i] /= total
    return scores


def emptied(model, row):
    found = sizes(model, row)
    row.clear()
    return found


def test_an_answer_may_change_what_it_is_given():
    for _ in range(2):
        assert judge("4.2", softmax_in_place).right
        assert "without signs" in judge("6.2", emptied).text
        assert judge("4.1", [SOFTMAX[0] - 1, *SOFTMAX[1:]]).right


@pytest.mark.parametrize("number", NUMBERS)
def test_no_answer_is_none_yet(number, capsys):
    for blank in (None, ..., lambda *args: None):
        if callable(blank) and not judge(number, blank).text.startswith("not answered"):
            continue  # of an exercise that asks for numbers
        mark(number, blank)
        assert capsys.readouterr().out == f"{number}: not answered yet.\n"


@pytest.mark.parametrize("number", ["0.1", "11.1", "1.4", "1", "one", ""])
def test_an_exercise_that_is_none_is_refused(number):
    with pytest.raises(ValueError, match=r"from '1\.1' to '10\.3'"):
        mark(number, 1.0)


def test_rooms_are_as_many_as_notebooks():
    assert len(ROOMS) == len(NOTEBOOKS)


def test_numbers_are_close_to_themselves_in_whatever_holds_them():
    assert close([Value(1.0), (2.0,)], [1.0, [2.0 + 1e-9]])
    assert not close([1.0], [1.0, 1.0])
    assert not close(1.0, [1.0])
    assert not close("1", 1.0)
