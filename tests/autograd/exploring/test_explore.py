"""explore: what it takes, what its page holds, and what it cannot do."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections import Counter

import pytest

import autograd as ag
import nn
from autograd import Value, draw_backward, explore, trace_lines
from autograd.exploring import bundle


def content(page):
    """What the page is told of the graph."""
    pattern = r'<script type="application/json"([^>]*)>(.*?)</script>'
    tag, text = re.search(pattern, page.to_html()).groups()
    if 'data-coding="gzip"' in tag:
        text = gzip.decompress(base64.b64decode(text)).decode()
    return json.loads(text)


def policy(text):
    """The page's policy, its script and its style."""
    found = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    return found, script, style


def a_page():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    return explore(a * b + a**2)


def test_it_takes_what_draw_takes_and_sets_no_gradient():
    x = Value(3.0, "x")
    net = nn.MLP(2, [3, 1], seed=0)
    assert repr(explore(x * x)) == "<Exploration of 2 nodes>"
    assert len(explore({"a": x * x, "b": [x + 1]}).roots) == 2
    assert content(explore(lambda a, b: a * b, 2.0, 5.0))["labels"] == {"0": "b", "1": "a"}
    assert content(explore(net, [1.0, 2.0]))["scopes"][0] == ["", "MLP", -1]
    assert content(explore(ag.compile(lambda a: a * a), 2.0))["labels"] == {"0": "a"}
    assert x.grad == 0.0
    assert all(p.grad == 0.0 for p in net.parameters())


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: explore(3.0), TypeError, "x must be a Value"),
        (lambda: explore(nn.MLP(2, [1])), TypeError, r"x is a MLP; explore\(net, sample\)"),
        (lambda: explore(Value(1.0), theme="pink"), ValueError, "theme must be 'auto', 'light'"),
        (lambda: explore(Value(1.0), gradient="1"), TypeError, "gradient must be a real number"),
        (lambda: explore(Value(1.0), title=3), TypeError, "title must be a str, not int"),
        (lambda: explore(Value(1.0), names=3), TypeError, "names must be a mapping"),
        (lambda: explore(Value(1.0), parameters=3), TypeError, "parameters must be Values"),
        (
            lambda: draw_backward([Value(1.0), Value(2.0)]),
            TypeError,
            "starts from one Value, not 2",
        ),
    ],
)
def test_what_cannot_be_explored_is_refused_with_a_word(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_graph_that_is_too_large_is_refused_with_a_word(monkeypatch):
    monkeypatch.setattr("autograd.exploring.columns.LIMIT", 3)
    x = Value(1.0)
    with pytest.raises(ValueError, match="up to 3 nodes, and this one has 4"):
        explore(x * 2 * 2 * 2)


def test_the_policy_allows_the_pages_own_script_and_style_and_nothing_else():
    text = a_page().to_html()
    found, script, style = policy(text)
    assert found.startswith("default-src 'none'; ")
    for part in (script, style):
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in found
    assert "unsafe" not in found
    assert text.count("<script") == 2
    loads = re.findall(
        r"(?:src|href)\s*=\s*[\"']|url\((?!#)|@import|fetch\(|import\(|https?://\S*", text
    )
    assert {x for x in loads if "w3.org" not in x} == set()


def test_no_two_scripts_give_one_name_to_two_things():
    # They are one script on the page, where the later function would be both.
    declared = re.compile(r"^(?:async )?(?:function\*?|const|let|class) +(\w+)", re.MULTILINE)
    names = Counter(
        name for file in bundle.SCRIPTS for name in declared.findall(bundle.resource(file))
    )
    assert len(names) > 100
    assert [name for name, count in names.items() if count > 1] == []


def test_the_scripts_make_no_markup_of_text():
    script = "".join(map(bundle.resource, bundle.SCRIPTS))
    for risky in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
    ):
        assert risky not in script


@pytest.mark.parametrize(
    "text",
    ["</script><script>alert(1)</script>", "<!--<script>", "]]>", '"><img src=x onerror=alert(1)>'],
)
def test_labels_scopes_and_titles_stay_text(text):
    with ag.scope(text, text):
        y = Value(3.0, text) * 2
    y.label = text
    page = explore(y, title=text)
    assert page.to_html().count("<script") == 2
    assert page.to_html().count("</script>") == 2
    assert "<img" not in page.to_html()
    assert content(page)["labels"]["0"] == text
    assert page._repr_mimebundle_()["text/html"].count("<") == 2  # the frame's tags


def test_a_notebook_gets_a_frame_that_can_touch_nothing_else():
    shown = a_page()._repr_mimebundle_()
    assert shown["text/html"].startswith('<iframe srcdoc="')
    assert 'sandbox="allow-scripts"' in shown["text/html"]
    assert shown["text/html"].count('"') == len(re.findall(r' \w+="[^"]*"', shown["text/html"])) * 2
    assert shown["text/plain"] == "<Exploration of 5 nodes>"


def test_large_graphs_are_compressed():
    y = Value(1.0, "x")
    for _ in range(bundle.COMPRESSED):
        y = y * 1.0001
    page = explore(y)
    assert 'data-coding="gzip"' in page.to_html()
    assert content(page)["n"] == bundle.COMPRESSED + 1
    assert len(page.to_html()) < 1_000_000


def test_only_html_can_be_saved(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.html"):
        a_page().save(tmp_path / "x.svg")
    assert not list(tmp_path.iterdir())
    page = a_page()
    assert page.save(tmp_path / "x.html").read_text(encoding="utf-8") == page.to_html()


def test_lines_of_code_are_told_where_they_were_traced():
    x = Value(2.0, "x")
    with trace_lines():
        y = x * 3  # this line
    z = y + 1
    told = content(explore(z))
    (line,) = told["lines"].values()
    assert told["files"] == [__file__]
    assert line[2] == "y = x * 3  # this line"
    assert list(told["lines"]) == ["1"]


def test_where_python_decided_by_a_number_is_told():
    def piecewise(x):
        return x * 2 if x > 0 else -x

    ((file, line),) = content(explore(piecewise, 3.0))["decisions"]
    assert file == __file__
    assert line == piecewise.__code__.co_firstlineno + 1
    assert content(explore(lambda x: ag.relu(x), 3.0))["decisions"] == []
    assert content(explore(lambda x: ag.grad(ag.sqrt)(x) * x, 3.0))["decisions"] == []


def test_leaves_that_were_changed_have_the_number_they_were_used_with():
    x = Value(2.0, "x")
    y = x * x
    x.data = 5.0
    told = content(explore(y))
    assert told["stale"] == [[0, 5.0, 1]]
    assert content(explore(y + x))["stale"] == [[0, 5.0, 2]]


def test_operations_written_in_python_alone_come_with_their_partials():
    @ag.custom_gradient(lambda out, a: 10.0)
    def opaque(a):
        return a + 1.0

    page = explore(opaque(Value(2.0, "a")) * 3)
    assert content(page)["partials"] == {"1": [10.0]}
    assert "const RULES = [\nnull,\n{ forward" in page.to_html()


def test_rules_of_users_are_translated():
    @ag.primitive
    def cube(xp):
        return lambda x: x * x * x, lambda out, x: 3.0 * (x * x)

    page = explore(cube(Value(2.0)))
    assert "{ forward: (x0) => (x0 * x0) * x0," in page.to_html()
    assert content(page)["partials"] == {}


def test_a_page_is_the_same_again():
    assert a_page().to_html() == a_page().to_html()
