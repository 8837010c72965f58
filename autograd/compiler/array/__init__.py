"""From groups of scalar operations to an array graph, its derivatives among it, and to one that can be emitted.

Each pass takes a frozen :class:`~autograd.compiler.ir.array.ArrayGraph` and returns one, by way of a :class:`.tape.Tape` on which
new values are written:

==================  =========================================================================
:mod:`.build`       groups -> values; what meets in pairs is a contraction (:mod:`.contract`)
:mod:`.vjp`         reverse mode, value by value (:mod:`.accumulate` adds cotangents up)
:mod:`.legalize`    rows that are no kernel are put together from those that are
:mod:`.merge`       independent operations that are alike become one
==================  =========================================================================
"""
