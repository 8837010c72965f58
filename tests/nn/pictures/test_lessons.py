"""The plots of the notebooks: lines that can be told apart, pictures the right way up."""

from __future__ import annotations

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

from matplotlib import pyplot as plt

from nn.pictures.lessons import curves, images


@pytest.fixture(autouse=True)
def no_figure_is_left():
    plt.close("all")
    yield
    plt.close("all")


def test_each_line_has_its_name_and_a_look_of_its_own():
    ax = curves([0, 1], {"a": [1, 2], "b": [3, 4]}, xlabel="step", yscale="log")
    assert [list(line.get_ydata()) for line in ax.lines] == [[1, 2], [3, 4]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 2
    assert len({line.get_color() for line in ax.lines}) == 2
    assert (ax.get_xlabel(), ax.get_yscale()) == ("step", "log")


def test_lines_go_on_the_axes_that_are_given():
    _, (left, right) = plt.subplots(1, 2)
    assert curves([0, 1], {"a": [1, 2]}, ax=right) is right
    assert not left.lines


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ({}, "lines must be 1 to 4, got 0"),
        ({str(i): [0, 1] for i in range(5)}, "lines must be 1 to 4, got 5"),
        ({"a": [0, 1], "b": [0]}, "line 'b' has 1 points, x has 2"),
    ],
)
def test_lines_that_cannot_be_drawn_are_refused_before_anything_is(lines, message):
    with pytest.raises(ValueError, match=message):
        curves([0, 1], lines)
    assert plt.get_fignums() == []


def test_a_picture_is_drawn_line_by_line_from_the_top_under_its_title():
    figure = images([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], ["a", "b"], columns=2)
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.images[0].get_array().tolist() for ax in shown] == [
        [[0, 1], [2, 3]],
        [[4, 5], [6, 7]],
        [[8, 9], [10, 11]],
    ]
    assert [ax.images[0].origin for ax in shown] == ["upper"] * 3
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "", ""]
    assert [ax.axison for ax in figure.axes] == [True, True, True, False]


def test_weights_have_one_scale_with_0_in_its_middle():
    figure = images([[0, 1, 2, 3], [-5, 0, 0, 0]], columns=2, signed=True)
    assert {ax.images[0].get_clim() for ax in figure.axes[:2]} == {(-5, 5)}
    assert figure.axes[2].get_ylabel() == "weight"


@pytest.mark.parametrize(
    ("pixels", "message"),
    [([], "at least one picture"), ([[0] * 4, [0] * 3], "picture 1 has 3 pixels")],
)
def test_what_is_no_square_is_refused_before_anything_is_drawn(pixels, message):
    with pytest.raises(ValueError, match=message):
        images(pixels, columns=2)
    assert plt.get_fignums() == []
