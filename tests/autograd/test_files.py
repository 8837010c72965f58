"""Every file that the project saves goes through one writer, which these tests see from outside."""

from __future__ import annotations

import os
import stat

import pytest

import nn
from autograd import Value, draw, draw_backward
from autograd.files import write_atomically

x = Value(3.0, label="x")
SAVERS = {
    "picture.dot": lambda path: draw(x * x).save(path),
    "sweep.html": lambda path: draw_backward(x * x).save(path),
    "model.json": lambda path: nn.save(path, nn.Neuron(1, init=1.0)),
    "bytes": lambda path: write_atomically(path, b"content"),
}


@pytest.fixture(params=SAVERS)
def saved(request, tmp_path):
    return tmp_path / request.param, SAVERS[request.param]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_saving_leaves_the_umask_of_the_process_alone(saved, monkeypatch):
    path, save = saved

    def touched(mask):
        raise AssertionError("the umask belongs to all threads")

    monkeypatch.setattr(os, "umask", touched)
    save(path)
    assert names(path.parent) == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_a_new_file_keeps_to_the_umask(saved, mask, mode):
    path, save = saved
    before = os.umask(mask)
    try:
        save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="links take rights there")
def test_a_link_stays_a_link_and_what_it_points_to_is_replaced(saved, tmp_path):
    path, save = saved
    target = tmp_path / "elsewhere" / path.name
    target.parent.mkdir()
    target.write_bytes(b"old")
    path.symlink_to(target)
    save(path)
    assert path.is_symlink()
    assert target.read_bytes() != b"old"
    assert names(target.parent) == [path.name]


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(saved, monkeypatch, step):
    path, save = saved
    path.write_bytes(b"precious")

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(os if step == "fsync" else type(path), step, fail)
    with pytest.raises(OSError, match="disk full"):
        save(path)
    monkeypatch.undo()
    assert path.read_bytes() == b"precious"
    assert names(path.parent) == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="names are counted in other units there")
@pytest.mark.parametrize("letter", ["a", "𝛼"])
def test_the_longest_name_that_a_folder_takes_can_be_saved(tmp_path, letter):
    path = tmp_path / (letter * (255 // len(letter.encode())))
    write_atomically(path, b"content")
    assert path.read_bytes() == b"content"
