"""Pages in which a graph is alive: to look around in, to ask, to change, to play and to practise.

>>> from autograd import Value, explore
>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> page = explore(a * b + a**2)  # a notebook shows it
>>> page
<Exploration of 5 nodes>

The way from a Value to a page:

- :mod:`.entry` finds out what came;
- :mod:`.columns` turns the graph into columns of numbers;
- :mod:`autograd.emit` prints the rules of its operations as JavaScript;
- :mod:`.bundle` puts them and the scripts of ``page/`` into one file that loads nothing.

``page/README.md`` tells how the scripts hang together.
"""

from __future__ import annotations

from .entry import Exploration, draw_backward, explore

__all__ = ["Exploration", "draw_backward", "explore"]
