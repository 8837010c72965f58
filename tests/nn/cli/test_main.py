"""python -m nn, from arguments to files, messages and exit codes."""

from __future__ import annotations

import json
import re
import sys

import pytest

import autograd
import nn
from nn import __main__ as command
from nn.cli import classification, jobs

pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """A folder with a short run on the digits, and what was printed."""
    out = tmp_path_factory.mktemp("runs") / "digits"
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setattr(command, "_say", lines.append)
        options = ["--epochs", "1", "--batch-size", "8", "--hidden", "10", "--out", str(out)]
        assert command.main(["train", "digits", *options]) == 0
    return out, "\n".join(lines)


def run(capsys, *arguments):
    """The exit code and the lines on stdout and stderr."""
    try:
        code = command.main([str(argument) for argument in arguments])
    except SystemExit as error:  # argparse's way
        code = error.code
    out, err = capsys.readouterr()
    return code, out.splitlines(), err.splitlines()


def train_briefly(capsys, *arguments):
    return run(capsys, "train", "moons", "--epochs", 3, "--hidden", 4, "--quiet", *arguments)


def test_training_digits_learns_and_tells_how_well(digits):
    _, printed = digits
    accuracy = float(printed.partition("test accuracy ")[2].partition("%")[0])
    assert 80.0 < accuracy < 99.0
    assert "digits: 1438 rows to train on, 359 held out; MLP(64, [10, 10]" in printed
    assert "true \\ predicted   0   1   2" in printed


def test_eager_training_goes_graph_by_graph_to_the_same_network(capsys, tmp_path, monkeypatch):
    asked = []
    real_fit = jobs.fit
    monkeypatch.setattr(
        jobs,
        "fit",
        lambda *args, **kwargs: asked.append(kwargs["compile"]) or real_fit(*args, **kwargs),
    )
    networks = []
    for flags in ([], ["--eager"]):
        out = tmp_path / str(len(networks))
        run(capsys, "train", "moons", "--epochs", 2, "--hidden", 4, "--quiet", "--out", out, *flags)
        networks.append([w.data for w in nn.load(out / "weights.json").parameters()])
    assert asked == ["auto", False]
    assert networks[0] == pytest.approx(networks[1], rel=1e-9)


def test_training_writes_weights_and_pictures(digits):
    out, _ = digits
    names = sorted(path.name for path in out.iterdir())
    assert names == ["digits.png", "learning-curve.png", "neuron.svg", "weights.json"]
    for name in ("digits.png", "learning-curve.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (out / "neuron.svg").read_text()


def test_the_accuracy_printed_is_that_of_the_weights_written(digits):
    out, printed = digits
    model = nn.load(out / "weights.json")
    _, test = nn.datasets.digits().split(jobs.TEST_SIZE, seed=jobs.SPLIT_SEED)
    accuracy = nn.evaluate(model, *test, metrics="accuracy")["accuracy"]
    assert f"test accuracy {accuracy:.2%}" in printed


def test_one_seed_gives_one_result_and_another_seed_another(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)  # pictures take most of the time
    folders = [tmp_path / name for name in "abc"]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        assert train_briefly(capsys, "--seed", seed, "--out", folder)[0] == 0
    weights = [(folder / "weights.json").read_text() for folder in folders]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


def test_training_moons_draws_the_boundary(tmp_path, capsys):
    code, out, err = train_briefly(capsys, "--out", tmp_path)
    assert (code, err) == (0, [])
    assert len(out) == 1
    assert out[0].startswith("test accuracy ")
    assert (tmp_path / "boundary.png").read_bytes().startswith(b"\x89PNG")


def test_several_classes_have_a_boundary_too(tmp_path, capsys):
    code, _, err = run(
        capsys, "train", "spirals", "--epochs", 1, "--hidden", 3, "--quiet", "--out", tmp_path
    )
    assert (code, err) == (0, [])
    assert (tmp_path / "boundary.png").exists()


def test_the_default_folder_is_under_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train_briefly(capsys)
    assert (tmp_path / "runs" / "moons" / "weights.json").exists()


def test_without_graphviz_the_neuron_is_drawn_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, _ = train_briefly(capsys, "--out", tmp_path / "out")
    assert code == 0
    assert "neuron 0 = tanh" in (tmp_path / "out" / "neuron.svg").read_text()


def test_without_matplotlib_weights_are_written_and_a_note_says_what_is_missing(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, _, err = train_briefly(capsys, "--out", tmp_path)
    assert code == 0
    assert len(err) == 1
    assert "pip install matplotlib" in err[0]
    assert (tmp_path / "weights.json").exists()


# --- predict ---------------------------------------------------------------------------------


def test_held_out_digits_are_classified_by_number(digits, capsys):
    out, _ = digits
    code, lines, err = run(capsys, "predict", 0, 5, "--weights", out / "weights.json")
    assert (code, err) == (0, [])
    assert lines[0].split() == ["row", "predicted", "probability", "truth"]
    _, test = nn.datasets.digits().split(jobs.TEST_SIZE, seed=jobs.SPLIT_SEED)
    scores = nn.predict(nn.load(out / "weights.json"), [test.X[0], test.X[5]])
    for line, number, row, i in zip(lines[1:3], (0, 5), scores, (0, 5), strict=True):
        words = line.split()
        assert words[:2] == [str(number), str(row.index(max(row)))]
        assert words[3] == str(test.y[i])


def test_all_held_out_digits_give_the_accuracy_of_training(digits, capsys):
    out, printed = digits
    code, lines, _ = run(capsys, "predict", "all", "--weights", out / "weights.json")
    assert code == 0
    assert len(lines) == 1 + 359 + 1
    percent = lines[-1].rpartition("(")[2].rstrip(")")
    assert f"test accuracy {percent}" in printed


@pytest.mark.parametrize("kind", ["csv", "csv with a header", "json", "one bare row"])
def test_rows_of_a_file_are_classified(digits, kind, tmp_path, capsys):
    out, _ = digits
    _, test = nn.datasets.digits().split(jobs.TEST_SIZE, seed=jobs.SPLIT_SEED)
    rows = test.X[:1] if kind == "one bare row" else test.X[:3]
    path = tmp_path / ("rows.csv" if "csv" in kind else "rows.json")
    if "csv" in kind:
        lines = [",".join(map(str, row)) for row in rows]
        header = [",".join(test.feature_names), ""] if "header" in kind else []
        path.write_text("\n".join(header + lines) + "\n")
    else:
        path.write_text(json.dumps(rows if kind == "json" else rows[0]))
    code, lines, err = run(capsys, "predict", path, "--weights", out / "weights.json")
    assert (code, err) == (0, [])
    scores = nn.predict(nn.load(out / "weights.json"), rows)
    assert [line.split()[1] for line in lines[1:]] == [str(s.index(max(s))) for s in scores]


def test_rows_scaled_otherwise_get_a_remark(digits, tmp_path, capsys):
    out, _ = digits
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([[16.0] * 64]))
    code, _, err = run(capsys, "predict", path, "--weights", out / "weights.json")
    assert code == 0
    assert len(err) == 1
    assert err[0].startswith("note: row 0 has the number 16, but the network was trained on")


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: train|predict"),
        (["train", "cats"], "invalid choice: 'cats'"),
        (["train", "digits", "--epochs", "0"], "--epochs: must be a whole number from 1, not '0'"),
        (["train", "digits", "--epochs", "x"], "--epochs: must be a whole number from 1, not 'x'"),
        (
            ["train", "digits", "--batch-size", "0"],
            "must be a whole number from 1, or all, not '0'",
        ),
        (["train", "digits", "--lr", "0"], "--lr: must be a number above 0, not '0'"),
        (["train", "digits", "--lr", "nan"], "--lr: must be a number above 0, not 'nan'"),
        (["train", "digits", "--hidden", "3,"], "--hidden: must be whole numbers from 1, not ''"),
        (["train", "digits", "--seed", "-1"], "must be a whole number from 0, not '-1'"),
        (["train", "digits", "--activation", "tan"], "invalid choice: 'tan'"),
        (["train", "digits", "--optimizer", "adams"], "invalid choice: 'adams'"),
        (["train", "digits", "--out", "FILE"], "File exists: FILE"),
        (["train", "digits", "--bogus"], "unrecognized arguments: --bogus"),
        (["predict"], "the following arguments are required: rows"),
        (["predict", "359"], "there is no held-out row 359; they go from 0 to 358"),
        (
            ["predict", "1", "FILE"],
            "rows must be one CSV or JSON file, or numbers of held-out rows",
        ),
        (["predict", "no.csv"], "No such file or directory: no.csv"),
        (["predict", "EMPTY"], "is empty: there are no samples"),
        (["predict", "SHORT"], "has rows of 2 numbers, and the network takes 64"),
        (["predict", "WORDS"], "line 2: could not convert string to float: 'x'"),
        (["predict", "RAGGED"], "ragged: row 0 has 2 numbers and row 1 has 1 number"),
        (["predict", "BROKEN"], "is no JSON"),
        (["predict", "NUMBER"], "must be a sequence of samples, not int"),
        (["predict", "DEEP"], "deep.json is no JSON: "),
        (["predict", "NESTED"], "nested.json must be a list of rows, each a list of numbers"),
        (["predict", "LONG"], "long.json is no JSON: Exceeds the limit"),
        (["predict", "HUGE"], "huge.json[0][0] is too large for a float"),
        (["predict", "CELL"], "cell.csv is no CSV: field larger than field limit"),
        (["predict", "LATIN"], "latin.csv is no text: "),
        (
            ["predict", "0", "--weights", "no.json"],
            "there is no file no.json; python -m nn train writes one",
        ),
        (["predict", "0", "--weights", "FILE"], "suffix must be .json or .safetensors"),
        (["predict", "0", "--weights", "OTHER"], "was not written by python -m nn train"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(arguments, message, digits, tmp_path, capsys):
    contents = {
        "FILE": ("file.txt", "text"),
        "EMPTY": ("empty.csv", ""),
        "SHORT": ("short.csv", "1,2\n"),
        "WORDS": ("words.csv", "1,2\n3,x\n"),
        "RAGGED": ("ragged.csv", "1,2\n3\n"),
        "BROKEN": ("broken.json", "{"),
        "NUMBER": ("number.json", "3"),
        "DEEP": ("deep.json", "[" * 100_000),
        "NESTED": ("nested.json", "[" * 600 + "]" * 600),
        "LONG": ("long.json", "[" + "9" * 5_000 + "]"),
        "HUGE": ("huge.json", "[" + "9" * 400 + "]"),
        "CELL": ("cell.csv", "9" * 200_000),
        "LATIN": ("latin.csv", "1,\xe9"),
    }
    for name, (file, text) in contents.items():
        if name in arguments:
            (tmp_path / file).write_text(text, encoding="latin-1")
    if "OTHER" in arguments:
        nn.save(tmp_path / "other.json", nn.Linear(1, 1))
    places = {name: str(tmp_path / file) for name, (file, _) in contents.items()}
    places["OTHER"] = str(tmp_path / "other.json")
    arguments = [places.get(argument, argument) for argument in arguments]
    if arguments[:1] == ["predict"] and "--weights" not in arguments and len(arguments) > 1:
        arguments += ["--weights", str(digits[0] / "weights.json")]
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == []
    assert len(err) == 1
    assert message.replace("FILE", places["FILE"]) in err[0]


def test_a_run_that_diverges_is_one_line_too(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(jobs.JOBS, "moons", jobs.Job(nn.datasets.moons, (3,), activation="relu"))
    code, out, err = train_briefly(capsys, "--lr", "1e200", "--optimizer", "sgd", "--out", tmp_path)
    assert code == 2
    assert out == []
    assert len(err) == 1
    assert "training stopped in epoch 1, batch " in err[0]
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_is_one_line_and_exit_code_130(tmp_path, capsys, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "fit", interrupt)
    code, _, err = train_briefly(capsys, "--out", tmp_path)
    assert code == 130
    assert err == ["python -m nn: interrupted in the first epoch; nothing was written"]
    assert list(tmp_path.iterdir()) == []


def test_help_names_the_commands(capsys):
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "train" in "\n".join(out)
    assert "predict" in "\n".join(out)


def test_ctrl_c_keeps_the_weights_of_the_best_epoch_and_says_where(tmp_path, capsys, monkeypatch):
    whole = jobs.Best.on_epoch_end

    def interrupted(self, run):
        whole(self, run)
        if run.epoch == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(jobs.Best, "on_epoch_end", interrupted)
    code, _, err = run(capsys, "train", "moons", "--epochs", "9", "--quiet", "--out", tmp_path)
    assert code == 130
    said = re.fullmatch(
        r"python -m nn: interrupted; the weights of the best epoch so far, ([123]) of 9 with accuracy "
        rf"([\d.]+)%, are in {re.escape(str(tmp_path))}/weights.json",
        err[0],
    )
    _, test = jobs.JOBS["moons"].load().split(jobs.TEST_SIZE, seed=jobs.SPLIT_SEED)
    found = nn.evaluate(nn.load(tmp_path / "weights.json"), *test, metrics="accuracy")["accuracy"]
    assert f"{found:.2%}" == f"{said[2]}%"


def test_a_second_run_goes_to_a_folder_with_a_number(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        code, _, err = train_briefly(capsys)
        assert (code, err) == (0, [])
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["moons", "moons-2"]
    assert run(capsys, "predict", "0")[0] == 0  # with the newest


def test_a_run_in_a_folder_of_ones_own_is_written_over_by_force_only(tmp_path, capsys):
    assert train_briefly(capsys, "--out", tmp_path)[0] == 0
    before = (tmp_path / "weights.json").read_bytes()
    code, _, err = train_briefly(capsys, "--out", tmp_path, "--seed", "1")
    assert code == 2
    assert "has a run already: --force writes over it" in err[0]
    assert (tmp_path / "weights.json").read_bytes() == before
    assert train_briefly(capsys, "--out", tmp_path, "--seed", "1", "--force")[0] == 0
    assert (tmp_path / "weights.json").read_bytes() != before


def test_predicting_untrained_says_which_command_trains(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "predict", "0")
    assert code == 2
    assert err == [
        "python -m nn: no network has been trained here yet: python -m nn train digits does it"
    ]


@pytest.mark.parametrize("text", ["0.5,0.5\n", "0.5;0.5", "a;b\n0.5;0.5\n", "x\ty\n\n0.5\t0.5\n"])
def test_rows_are_separated_by_commas_semicolons_or_tabs(text, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(text)
    assert classification._rows_of(path, 2) == [[0.5, 0.5]]


def test_a_first_line_with_a_number_in_it_is_no_header(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("0.5,oops\n0.5,0.5\n")
    with pytest.raises(ValueError, match=r"rows.csv, line 1: could not convert .*oops"):
        classification._rows_of(path, 2)


def test_products_take_one_thread_while_a_run_lasts(monkeypatch, tmp_path):
    threadpoolctl = pytest.importorskip("threadpoolctl")
    np = pytest.importorskip("numpy")
    assert np.ones((2, 2)) @ np.ones((2, 2)) is not None  # BLAS is loaded
    with jobs._one_thread():
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} == {1}


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit):
        command.main(["--version"])
    assert capsys.readouterr().out == f"valuegrad {autograd.__version__}\n"
