"""What noticing costs is printed, a row a kind of run."""

from __future__ import annotations

from benchmarks import noticing


def test_a_table_has_times_and_recordings_of_every_kind(capsys):
    noticing.main(["moons", "--rounds", "1"])
    _, head, rule, *rows = capsys.readouterr().out.split("\n")
    assert head.startswith("| moons: 2-16-16-2, 200 samples")
    assert [line.split("|")[1].strip() for line in rows if line] == list(noticing.KINDS)
    counts = [int(line.split("|")[-2]) for line in rows if line]
    assert counts[0] == counts[1] == counts[2]
    assert counts[4] > counts[3] > counts[0]
    assert set(rule) <= set("|-: ")
