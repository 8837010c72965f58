"""The exercises of the notebooks, marked: ``from nn.course import mark``.

Each notebook ends with three. An answer is a number, a list of numbers or a function; what is wrong with it is said in the words of
the course, as far as that can be told. The checks stand in :mod:`nn.course.checks`, a file for each notebook. Look there last.

>>> mark("1.1", (1.0, 0.0))
1.1: not yet. These are the numbers from before the step.
>>> mark("1.1", (0.6, -0.2))
1.1: right. The line now passes through the point: the loss fell from 1 to 0.
"""

from __future__ import annotations

from .marking import Verdict, judge, mark

__all__ = ["Verdict", "judge", "mark"]
