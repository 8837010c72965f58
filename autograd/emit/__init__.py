"""The table of primitives printed as the text of other languages: C for the native core, JavaScript for
the pages of ``autograd.explore``.

A rule is read by running it once on numbers that are not computed but written down:

- :mod:`.number` is such a number, and what a rule may do with it;
- :mod:`.expressions` is the reading in which equal expressions are one object;
- :mod:`.steps` gives a name to what is used more than once;
- :mod:`.loops` finds what repeats in a row of any number of arguments;
- :mod:`.nodes` is the reading for partials that build nodes of a graph;
- :mod:`.bodies` reads a row whole;
- :mod:`.printing` prints expressions in languages of C's family;
- :mod:`.c` prints all that as C, and :mod:`.headers` puts the files together;
- :mod:`.javascript` prints it as JavaScript.

``python -m autograd.emit FOLDER`` writes them.
"""
