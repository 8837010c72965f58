"""What a gradient check found: truthy if all is well, and otherwise telling what to do next."""

from __future__ import annotations

import html
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .local import Finding
    from .programs import Program


class Verdict(Enum):
    """What a check can say.

    >>> from autograd import tanh
    >>> from autograd.testing import gradcheck
    >>> gradcheck(tanh, 0.5).verdict
    <Verdict.PASS: 'PASS'>
    """

    PASS = "PASS"  # noqa: S105  (not a password)
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    def __str__(self) -> str:
        return self.value


class GradientError(AssertionError):
    """A gradient is wrong. ``report`` is the whole :class:`Report`."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:  # only now, since showing it searches for the smallest program
        return str(self.report)


@dataclass(slots=True, repr=False)
class Entry:
    """What was found about one derivative: of one output with respect to one input.

    Attributes:
        name: which derivative: ``df/dx[0]``.
        x: the input.
        analytic: the derivative under test.
        numeric: the derivative it is compared with, nan if it could not be told.
        error: a bound on the distance of numeric from the true derivative.
        left: the slope from the left.
        right: the slope from the right.
        bound: how far analytic and numeric may lie apart.
        verdict: the verdict.
        note: why, if it is not plain.
    """

    name: str
    x: float
    analytic: float
    numeric: float
    error: float
    left: float
    right: float
    bound: float
    verdict: Verdict
    note: str = ""

    @property
    def shown(self) -> list[str]:
        """The entry as one row of a table."""
        numbers = [f"{number:.10g}" for number in (self.analytic, self.numeric)]
        if numbers[0] == numbers[1] and self.verdict is Verdict.FAIL:
            numbers = [repr(self.analytic), repr(self.numeric)]
        sides = [f"{side:.6g}" for side in (self.left, self.right)]
        numbers[1] = "none" if self.numeric != self.numeric else numbers[1]
        if self.error:
            numbers[1] += f" ± {self.error:.1e}"
        verdict = f"{self.verdict} ({self.note})" if self.note else str(self.verdict)
        return [self.name, f"{self.x:.6g}", *numbers, *sides, f"{self.bound:.1e}", verdict]

    def __repr__(self) -> str:
        return f"<{' | '.join(self.shown)}>"


COLUMNS = ("", "at", "analytic", "numeric", "left", "right", "bound", "verdict")


class Report:
    """The outcome of a check; true if it passed.

    Attributes:
        title: what was checked.
        entries: one :class:`Entry` for each derivative.
        findings: operations whose own value or partial is wrong.
        notes: anything else worth saying.

    >>> from autograd import tanh
    >>> from autograd.testing import gradcheck
    >>> report = gradcheck(lambda x, y: tanh(x * y), 0.5, 2.0)
    >>> bool(report), len(report.entries)
    (True, 2)
    """

    def __init__(
        self,
        title: str,
        entries: Sequence[Entry],
        findings: Sequence[Finding] = (),
        notes: Sequence[str] = (),
        smallest: Callable[[], Program | None] | None = None,
    ) -> None:
        self.title = title
        self.entries = list(entries)
        self.findings = list(findings)
        self.notes = list(notes)
        self._smallest = smallest

    @cached_property
    def program(self) -> Program | None:
        """The smallest program that shows the failure; None if nothing failed, or the function recorded
        no graph. It is searched for when first asked for."""
        if self._smallest is None or self.verdict is not Verdict.FAIL:
            return None
        try:
            return self._smallest()
        except Exception as error:  # noqa: BLE001  (a report must be printable whatever is broken)
            self.notes.append(f"(the search for a smaller program failed: {error!r})")
            return None

    @property
    def verdict(self) -> Verdict:
        """FAIL if anything failed; INCONCLUSIVE if anything could not be decided; PASS if all passed."""
        verdicts = {entry.verdict for entry in self.entries}
        if self.findings or Verdict.FAIL in verdicts:
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.PASS

    def __bool__(self) -> bool:
        return self.verdict is Verdict.PASS

    def raise_if_failed(self) -> Report:
        """Raise if something is wrong; INCONCLUSIVE does not raise.

        Returns:
            This report.

        Raises:
            GradientError: with the report as its message.
        """
        if self.verdict is Verdict.FAIL:
            raise GradientError(self)
        return self

    # --- text --------------------------------------------------------------------------------

    def __str__(self) -> str:
        parts = [f"{self.title}: {self.verdict}"]
        if self.entries:
            parts += _table(self._worth_showing())
        hidden = len(self.entries) - len(self._worth_showing())
        if hidden:
            parts.append(f"... and {hidden} more")
        parts += self._guilty()
        parts += self.notes
        if self.program is not None:
            parts += ["", "The smallest program that shows it:", ""]
            parts += [f"    {line}".rstrip() for line in self.program.source().splitlines()]
            graph = _drawn(self.program, "to_text")
            if graph:
                parts += ["", "Its graph, with the gradients that backward() gave:", ""]
                parts += [f"    {line}".rstrip() for line in graph.splitlines()]
            parts += ["", "To keep it among the examples of a property-based test:", ""]
            parts.append(f"    {self.example}")
        return "\n".join(parts)

    __repr__ = __str__

    @property
    def example(self) -> str:
        """A line to paste above a property-based test, so that it always tries the failing program."""
        return f"@example({self.program!r})" if self.program is not None else ""

    def _worth_showing(self) -> list[Entry]:
        ranked = sorted(self.entries, key=lambda entry: _ORDER[entry.verdict])
        return ranked[:20]

    def _guilty(self) -> list[str]:
        lines = []
        for finding in self.findings[:5]:
            label = f" {finding.node.label}" if finding.node and finding.node.label else ""
            lines.append(f"guilty node{label}: {finding.what}")
        if not self.findings and self.program is not None:
            lines.append(
                "each operation's own partials are right: look at how the gradients are put together"
            )
        return lines

    # --- in a notebook -----------------------------------------------------------------------

    def _repr_html_(self) -> str:
        try:
            return self._html()
        except Exception:  # noqa: BLE001  (what a cell shows never raises)
            return f"<pre>{html.escape(str(self))}</pre>"

    def _html(self) -> str:
        colour = _COLOURS[self.verdict]
        head = "".join(f"<th>{html.escape(name)}</th>" for name in COLUMNS)
        rows = []
        for entry in self._worth_showing():
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in entry.shown)
            rows.append(f"<tr style='background:{_COLOURS[entry.verdict]}22'>{cells}</tr>")
        parts = [
            f"<b>{html.escape(self.title)}: <span style='color:{colour}'>{self.verdict}</span></b>",
            f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>",
        ]
        parts += [f"<p>{html.escape(line)}</p>" for line in [*self._guilty(), *self.notes]]
        if self.program is not None:
            svg = _drawn(self.program, "svg")
            parts.append(svg[max(svg.find("<svg"), 0) :])  # without the prologue of a file
            parts.append(f"<pre>{html.escape(self.program.source())}</pre>")
            parts.append(f"<pre>{html.escape(self.example)}</pre>")
        return "".join(parts)


_ORDER = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.PASS: 2}
_COLOURS = {Verdict.FAIL: "#c0392b", Verdict.INCONCLUSIVE: "#b7950b", Verdict.PASS: "#1e8449"}


def _table(entries: list[Entry]) -> list[str]:
    rows = [list(COLUMNS), *(entry.shown for entry in entries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _drawn(program: Program, form: str) -> str:
    """The failing graph after ``backward()``, as text or SVG; nothing where it cannot be drawn."""
    try:
        from autograd.drawing import draw

        root, _ = program.record()
        root.backward()
        return str(getattr(draw(root), form)())
    except Exception:  # noqa: BLE001  (what is broken may be what draws)
        return ""
