"""The page of explore in a browser: what a reader sees, asks, changes, plays and practises."""

from __future__ import annotations

import random

import pytest

import autograd as ag
import nn
from autograd import Value, draw_backward, explore, scope, trace_lines
from autograd.table import Primitive
from tests.autograd.exploring.browser import until
from tests.autograd.exploring.test_tape import again, numbers_of, random_graph

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")


def neuron():
    """tanh(w x + b), named."""
    x, w, b = Value(2.0, "x"), nn.Parameter(-3.0, "w"), nn.Parameter(6.5, "b")
    y = ag.tanh(w * x + b)
    y.label = "y"
    return y


def net():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
    return model([Value(1.0, "x[0]"), Value(2.0, "x[1]")])


def boxes(tab):
    """What stands in each box, a text each."""
    return tab.evaluate(
        "[...boxes.values()].map((box) => box.lines.map((line) => line[0]).join('; '))"
    )


def box(tab, text):
    """The box in which a text stands."""
    return tab.locator("#world .box", has_text=text).first


# --- see


def test_a_page_opens_quietly_and_agrees_with_python(reader):
    tab = reader.open(explore(neuron()))
    assert boxes(tab) == [
        "y = tanh; 0.4621; ∂ 1",
        "+ b; 0.5; ∂ 0.7864",
        "w × x; -6; ∂ 0.7864",
        "b = 6.5; ∂ 0.7864",
        "x = 2; ∂ -2.359",
        "w = -3; ∂ 1.573",
    ]
    assert "agrees with Python to the last bit" in tab.text_content("#agreement")


def test_a_click_opens_a_module_and_a_click_on_its_frame_closes_it(reader):
    tab = reader.open(explore(net()))
    tab.click("#fold")
    assert boxes(tab)[0].startswith("MLP")
    box(tab, "MLP").click()
    assert any("layers[0]" in text for text in boxes(tab))
    tab.locator("#world .frame text", has_text="MLP").first.click()
    assert boxes(tab)[0].startswith("MLP")
    tab.click("#unfold")
    assert sum("tanh" in text for text in boxes(tab)) == 4
    assert "not shown" not in tab.text_content("#nodes")


def test_a_search_opens_what_is_around_the_node(reader):
    tab = reader.open(explore(net()))
    tab.click("#fold")
    tab.fill("#search", "layers[0].neurons[2].b")
    tab.press("#search", "Enter")
    assert tab.text_content("#found") == "1 of 1"
    assert tab.text_content("#side h2") == "b"
    assert "MLP › layers[0] › neurons[2]" in tab.text_content("#side")
    tab.fill("#search", "nowhere")
    tab.press("#search", "Enter")
    assert tab.text_content("#found") == "not found"


def test_wheel_drag_and_buttons_move_the_picture(reader):
    tab = reader.open(explore(neuron()))
    start = tab.evaluate("({ ...camera })")
    tab.mouse.move(300, 500)
    tab.mouse.wheel(0, -300)
    until(tab, "camera.scale > 1.8")
    tab.mouse.down()
    tab.mouse.move(360, 520, steps=4)
    tab.mouse.up()
    moved = tab.evaluate("({ ...camera })")
    assert tab.evaluate("state.chosen") is None
    tab.click("#fit")
    assert tab.evaluate("({ ...camera })") == start != moved


def test_all_of_a_large_graph_is_never_drawn_but_all_of_it_is_found(reader):
    y = x = Value(1.0, "start")
    for i in range(25_000):
        y = y * 1.0001
        if i == 12_000:
            y.label = "middle"
    tab = reader.open(explore(y + x))
    assert tab.evaluate("boxes.size") <= 200
    assert "not shown" in tab.text_content("#nodes")
    tab.fill("#search", "middle")
    tab.press("#search", "Enter")
    assert tab.text_content("#side h2").startswith("middle = ")
    assert tab.evaluate("boxes.size") <= 200


def test_the_theme_follows_the_reader_and_the_button(reader):
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(22, 24, 29)"
    assert reader.open(explore(neuron())).evaluate(colour) == light
    assert reader.open(explore(neuron(), theme="dark")).evaluate(colour) == dark
    tab = reader.open(explore(neuron()), color_scheme="dark")
    assert tab.evaluate(colour) == dark
    tab.click("#theme")
    assert tab.evaluate(colour) == light


def test_the_gradient_of_each_of_several_results_can_be_shown(reader):
    x = Value(3.0, "x")
    a, b = x * 2.0, x * x
    a.label, b.label = "a", "b"
    tab = reader.open(explore([a, b]))
    assert "x = 3; ∂ 2" in boxes(tab)
    tab.select_option("#root", label="gradient of b")
    assert "x = 3; ∂ 6" in boxes(tab)
    assert tab.text_content("#side h2") == "b"


def chain(steps):
    y = Value(1.0, "x")
    for _ in range(steps):
        y = y * 1.0001
    return y


EXTREMES = {
    "a leaf alone": lambda: Value(3.0, "x"),
    "what is not finite": lambda: Value(float("nan"), "x") * Value(float("inf")),
    "one leaf many times": lambda: ag.sum([Value(1.5, "x")] * 500),
    "many leaves": lambda: ag.sum([Value(float(i), f"x[{i}]") for i in range(5000)]),
    "many operands": lambda: ag.sum([ag.sin(Value(float(i), f"x[{i}]")) for i in range(500)]),
    "a long chain": lambda: chain(30_000),
}


@pytest.mark.parametrize("make", EXTREMES.values(), ids=EXTREMES)
def test_extreme_graphs_open_and_answer(reader, make):
    tab = reader.open(explore(make()))
    took = tab.evaluate(
        """() => {
          const began = performance.now();
          goTo(0);
          tape.recompute();
          refresh();
          refreshPanel();
          for (const view of ["play", "practise", "see"]) $(view).click();
          return performance.now() - began;
        }"""
    )
    assert took < 5000
    assert tab.evaluate(GEOMETRY) == []
    assert tab.evaluate("boxes.size") <= 200


# --- geometry


GEOMETRY = """
() => {
  const items = [...layout.items.values()];
  const bad = [];
  const over = (a, b) => a.x < b.x + b.w - 0.5 && b.x < a.x + a.w - 0.5 && a.y < b.y + b.h - 0.5 && b.y < a.y + a.h - 0.5;
  items.forEach((a, i) => items.slice(0, i).forEach((b) => over(a, b) && bad.push(`${a.id} over ${b.id}`)));
  for (const frame of layout.frames.values())
    for (const item of items) {
      const inside = words.line(item.scope).includes(frame.scope);
      const within = item.x >= frame.x && item.y >= frame.y && item.x + item.w <= frame.x + frame.w && item.y + item.h <= frame.y + frame.h;
      if (inside !== within && (inside || over(item, frame))) bad.push(`${item.id} and frame ${frame.scope}`);
    }
  for (const link of layout.links) {
    const [from, to] = [layout.items.get(link.from), layout.items.get(link.to)];
    const [x0, y0] = link.parts[0][0];
    const [x1, y1] = link.parts.at(-1).at(-1);
    if (Math.abs(x0 - from.x - from.w) > 0.5 || y0 < from.y || y0 > from.y + from.h) bad.push(`${link.from} is not left`);
    if (Math.abs(x1 - to.x) > 0.5 || y1 < to.y || y1 > to.y + to.h) bad.push(`${link.to} is not reached`);
  }
  for (const [edge, link] of edges)
    for (let at = 0, end = edge.getTotalLength(); at < end; at += 4) {
      const { x, y } = edge.getPointAtLength(at);
      const crossed = (item) => x > item.x + 1 && x < item.x + item.w - 1 && y > item.y + 1 && y < item.y + item.h - 1;
      for (const item of items)
        if (item.id !== link.from && item.id !== link.to && crossed(item)) bad.push(`${link.from} to ${link.to} through ${item.id}`);
    }
  return bad;
}
"""


def framed_graph(rng):
    """Some forty operations in frames in frames, entered again and again: closed, they depend on each other in circles."""
    pool = [Value(rng.uniform(-1.0, 1.0), f"p{i}") for i in range(4)]

    def some(depth):
        for _ in range(rng.randint(1, 4)):
            if depth and rng.random() < 0.5:
                with scope(rng.choice("abcd") + str(rng.randint(0, 2))):
                    some(depth - 1)
            make = rng.choice([ag.tanh, ag.neg, ag.add, ag.mul, ag.maximum])
            count = 1 if make in {ag.tanh, ag.neg} else 2
            pool.append(make(*(rng.choice(pool[-9:]) for _ in range(count))))

    while len(pool) < 44:
        some(3)
    return ag.sum(pool[-8:])


def test_no_box_is_over_another_and_every_edge_goes_from_box_to_box_and_through_none(reader):
    def loop(steps):
        x, v = Value(1.0, "x"), Value(0.0, "v")
        for _ in range(steps):
            v = v + 0.01 * (-4.0 * x - 0.3 * v)
            x = x + 0.01 * v
        return x

    model = nn.MLP(3, [4, 4, 1], seed=0)
    loss = sum(((model([0.1 * i, 0.2, 0.3]) - 1.0) ** 2 for i in range(20)), Value(0.0))
    roots = [loop(3), loop(40), net(), loss, *map(random_graph, map(random.Random, range(12)))]
    roots += map(framed_graph, map(random.Random, range(12)))
    for root in roots:
        tab = reader.open(explore(root))
        assert tab.evaluate(GEOMETRY) == []
        assert tab.evaluate("boxes.size") <= 200
        for press in ("#fold", "#unfold"):
            if tab.is_visible(press):
                tab.click(press)
                assert tab.evaluate(GEOMETRY) == []
                assert tab.evaluate("boxes.size") <= 200
        tab.close()


# --- ask


def test_a_node_says_its_numbers_in_full_and_the_chain_rule(reader):
    with trace_lines():
        y = neuron()
    tab = reader.open(explore(y))
    box(tab, "+ b").click()
    assert tab.text_content("#value") == "0.5"
    assert tab.text_content("#gradient").startswith("0.78644773296592")
    said = tab.text_content("#side")
    assert "y1 × 0.7864" in said
    assert "ag.tanh(w * x + b)" in said
    assert "a + b" in said


def test_paths_to_the_result_are_listed(reader):
    x = Value(3.0, "x")
    tab = reader.open(explore(x * x * x + 2 * x))
    box(tab, "x = 3").click()
    paths = tab.locator(".path").all_text_contents()
    assert len(paths) == 4
    assert sum(float(path.rpartition("= ")[2]) for path in paths) == 29.0


def test_what_a_page_cannot_know_is_said(reader):
    @ag.custom_gradient(lambda out, a: 10.0)
    def opaque(a):
        return a + 1.0

    def f(a):
        return opaque(a) * 2.0 if a > 1 else a

    tab = reader.open(explore(f, 2.0))
    said = tab.text_content("#side")
    assert "opaque: written in Python alone" in said
    assert "Python asked for a number in test_browser.py, line" in said
    tab.locator(".changer input[type=number]").first.fill("5")
    until(tab, "state.edited && measured.edit")
    assert boxes(tab)[:2] == ["× 2; ?; ∂ 1", "opaque(a); ?; ∂ ?"]
    tab.click("#reset")
    assert boxes(tab)[:2] == ["× 2; 6; ∂ 1", "opaque(a); 3; ∂ 2"]
    x = Value(2.0, "x")
    y = x * x
    x.data = 5.0
    said = reader.open(explore(y)).text_content("#side")
    assert "x was 2.0 when this was computed, and is 5.0 in Python now" in said


# --- change


def test_an_edit_is_a_run_in_python(reader):
    y = neuron()
    tab = reader.open(explore(y))
    field = tab.get_by_label("value of x").and_(tab.locator("[type=number]"))
    field.fill("-0.75")
    until(tab, "measured.edit")
    leaf = next(i for i, n in enumerate(ag.topological_order(y)) if n.label == "x")
    data, grad = numbers_of(again(y, {leaf: -0.75}))
    assert tab.evaluate("Array.from(tape.data)") == pytest.approx(data, rel=1e-14)
    assert tab.evaluate("Array.from(tape.grad)") == pytest.approx(grad, rel=1e-14)
    assert boxes(tab)[0] == "y = tanh; 1; ∂ 1"
    tab.click("#reset")
    assert tab.evaluate("Array.from(tape.data)") == numbers_of(y)[0]
    assert boxes(tab)[0] == "y = tanh; 0.4621; ∂ 1"
    slider = tab.get_by_label("value of x").and_(tab.locator("[type=range]"))
    slider.focus()
    tab.keyboard.press("Home")
    until(tab, f"tape.data[{leaf}] === -2")
    assert field.input_value() == "-2"


# --- play


def test_backward_is_told_step_by_step(reader):
    a = Value(3.0, "a")
    tab = reader.open(draw_backward(a * a + 2 * a))
    told = [tab.locator("#told p").all_text_contents()]
    seen = [boxes(tab)]
    for _ in range(3):
        tab.click("#next")
        told.append(tab.locator("#told p").all_text_contents())
        seen.append(boxes(tab))
    assert (
        told
        == [
            ["Start at +: its gradient is 1."],
            ["+ hands on 1", "to a × a: 1 × 1 = 1", "to 2 × a: 1 × 1 = 1"],
            ["a × a hands on 1", "to a: 1 × 3 + 1 × 3 = 6"],
            ["2 × a hands on 1", "to a: 6 + 1 × 2 = 8"],
        ]
        or told[2][0] == "2 × a hands on 1"
    )
    assert [any(text == "a = 3; ∂ ?" for text in shown) for shown in seen] == [
        True,
        True,
        True,
        False,
    ]
    assert "a = 3; ∂ 8" in seen[3]
    tab.click("#first")
    assert tab.text_content("#steps") == "0 / 3"


def test_forward_shows_numbers_as_they_are_computed_at_a_pace(reader):
    tab = reader.open(explore(neuron()))
    tab.click("#play")
    tab.click("#forward")
    assert boxes(tab)[0] == "y = tanh; ?; ∂ ?"
    tab.select_option("#pace", label="fast")
    tab.click("#run")
    until(tab, "at === steps.length")
    assert boxes(tab)[0] == "y = tanh; 0.4621; ∂ ?"
    tab.click("#see")
    assert boxes(tab)[0] == "y = tanh; 0.4621; ∂ 1"


# --- practise


def test_a_wrong_answer_is_told_what_it_is(reader):
    x = Value(3.5, "x")
    u = x * 2.0
    u.label = "u"
    y = u * 5.0 + ag.exp(x)
    tab = reader.open(explore(y))
    tab.click("#practise")
    assert "∂ ?" in " ".join(boxes(tab))
    assert tab.text_content("#progress") == "4 gradients to find, 0 found."

    def answer(text):
        tab.fill("#answer", text)
        tab.press("#answer", "Enter")
        return tab.text_content("#verdict")

    box(tab, "u = x × 2").click()
    assert answer("five").startswith("A number, please")
    assert answer("7") == "✗ That is its value."
    assert answer("-5") == "✗ Right but for its sign."
    assert answer("1") == (
        "✗ That is the gradient of what uses it; it must still be multiplied by the local derivative."
    )
    assert "wrong" in box(tab, "u = x × 2").get_attribute("class")
    assert answer("10/2") == "✓ Right: 5.0"
    assert "u = x × 2; 7; ∂ 5" in boxes(tab)
    box(tab, "x = 3.5").click()
    assert "∂ ?" in box(tab, "x = 3.5").text_content()
    assert answer("2") == (
        "✗ That is the local derivative; it must still be multiplied by the gradient of what uses it."
    )
    assert answer("10") == (
        "✗ That is what one of its uses hands on; it is used 2 times, and the shares add up."
    )
    assert answer("77").startswith("✗ For each of its 2 uses")
    assert answer("43,1155").startswith("✓ Right: 43.1154")
    tab.click("#another")
    assert "chosen" in (tab.locator("#world .chosen").first.get_attribute("class"))
    tab.click("#show")
    tab.click("#another")
    tab.click("#show")
    tab.click("#another")
    assert tab.text_content("#progress") == "All found."


# --- keys alone


def test_everything_is_reached_by_keys_alone(reader):
    tab = reader.open(explore(net()))
    tab.click("#fold")
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.closest('#world') !== null"):
            break
    where = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.id"
    assert tab.evaluate(where).startswith("MLP")
    tab.keyboard.press("Enter")
    assert tab.evaluate("boxes.size") > 3
    seen = set()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
        seen.add(tab.evaluate(where))
    assert len(seen) > 1
    tab.keyboard.press("Backspace")
    tab.keyboard.press("/")
    assert tab.evaluate(where) == "find a name"
    tab.keyboard.type("x[1]")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    assert tab.text_content("#side h2") == "x[1]"
    before = tab.evaluate("camera.scale")
    tab.keyboard.press("+")
    assert tab.evaluate("camera.scale") > before
    tab.keyboard.press("Escape")
    assert tab.evaluate("state.chosen") is None


# --- nothing gets in


HOSTILE = [
    "</script><script>window.pwned = 1</script>",
    "<img src=x onerror=window.pwned=2>",
    '"><svg onload=window.pwned=3>',
    "<!--<script>",
    "\u2028window.pwned = 4\u2029",
    "&lt;b&gt;&#x3c;img",
    "]]>",
    "\\u003cscript>",
    "a" * 5000,
    "\u202egnirts\u202c",
    "\x00\x07nul",
    "{{7*7}}${window.pwned=5}",
    "__proto__",
    "constructor",
    "😀" * 50,
]
PIECES = [
    "<",
    ">",
    '"',
    "'",
    "&",
    "</",
    "script",
    "style",
    "-->",
    "=",
    "\n",
    "\x00",
    "`",
    "${",
    "on",
    "é",
    "w",
]


def hostile_texts():
    rng = random.Random(3)
    return HOSTILE + ["".join(rng.choices(PIECES, k=rng.randint(1, 12))) for _ in range(40)]


def hostile_graph(texts):
    def define(xp):
        return lambda x: xp.exp(x), lambda out, x: out

    define.__name__ = texts[0]
    define.__doc__ = texts[1]
    row = Primitive(define, texts[2], 1, False, None, None)
    row.forward, row.partials = row.bind(ag.table.IEEE)
    total = Value(0.0)
    for i, text in enumerate(texts):
        with scope(text, texts[i - 1]):
            total = total + Value(0.1 * i, text) ** 2
    with scope("outer"):
        total = total._apply(row, total * 1e-3)
    total.label = texts[0]
    return total


def test_no_label_scope_title_or_name_of_a_row_gets_in(reader):
    texts = hostile_texts()
    tab = reader.open(explore(hostile_graph(texts), title=texts[0]))
    before = tab.evaluate("document.querySelectorAll('img, script, iframe, style').length")
    tab.click("#unfold")
    tab.evaluate("for (let i = 0; i < tape.n; i += 7) goTo(i)")
    for view in ("#play", "#practise", "#see"):
        tab.click(view)
    tab.fill("#search", "<")
    tab.press("#search", "Enter")
    assert tab.evaluate("window.pwned ?? null") is None
    assert tab.evaluate("document.querySelectorAll('img, script, iframe, style').length") == before
    assert tab.title() == " ".join(texts[0][:100].split())


def test_the_policy_stops_scripts_that_are_not_the_pages_own(reader):
    tab = reader.open(explore(neuron()))
    got = tab.evaluate(
        """async () => {
          const box = document.createElement("div");
          box.innerHTML = "<img src=x onerror='window.pwned=1'><button onclick='window.pwned=2'></button>";
          document.body.append(box);
          box.querySelector("button").click();
          const script = document.createElement("script");
          script.textContent = "window.pwned=3";
          document.body.append(script);
          const timer = (() => { try { setTimeout("window.pwned=4", 0); } catch {} })();
          let asked = "";
          try { await fetch("https://example.com/"); } catch (error) { asked = String(error); }
          await new Promise((done) => setTimeout(done, 100));
          return [window.pwned ?? null, asked.includes("Failed to fetch")];
        }"""
    )
    assert got == [None, True]
    assert all("Content Security Policy" in text for text in reader.complaints)
    reader.complaints.clear()
    assert {url.partition("?")[0].rpartition("/")[2] for url in reader.requests} <= {"", "x"}
    reader.requests.clear()


def test_a_cells_output_is_a_frame_that_cannot_reach_the_notebook(reader):
    shown = explore(neuron())._repr_mimebundle_()["text/html"]
    tab = reader.open(f"<!DOCTYPE html><meta charset=utf-8><body>{shown}</body>")
    frame = tab.frames[1]
    until(frame, "measured.ready")
    assert frame.evaluate("self.origin") == "null"
    assert frame.evaluate("boxes.size") == 6
    assert (
        frame.evaluate("(() => { try { return parent.document.title } catch { return 'no' } })()")
        == "no"
    )
    frame.click("#practise")
    frame.locator("#world .box", has_text="+ b").first.click()
    frame.fill("#answer", "1")
    frame.click("#check")
    assert frame.text_content("#verdict").startswith("✗")
    reader.requests = [url for url in reader.requests if url != "about:srcdoc"]
