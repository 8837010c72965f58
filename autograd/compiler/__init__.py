"""Recording a function of scalars, finding the arrays in it, and running those.

:mod:`.pipeline` has the passes in their order. Each takes a structure of :mod:`.ir` that can be printed, and returns one:

================================  ===========================================================
:mod:`.recording`                 call the function once on symbols: a flat list of operations
:mod:`.derivative`                transforms inside it, as further operations of the list
:mod:`.simplify`                  -> :class:`.ir.scalar.ScalarGraph`: nothing dead, nothing twice
:mod:`.softmax`                   shifts that have no derivative
:mod:`.flatten`                   -> :class:`.flatten.Flat`: sums and dots of many terms, but for
                                  those that cancel (:mod:`.brackets`)
:mod:`.reroll`                    -> :class:`.reroll.Schedule`: groups of like operations, in order:
                                  :mod:`.signatures` say what is alike, :mod:`.agenda` when it is done
:mod:`.costing`                   arrays, or straight-line code?
:mod:`.array`                     -> :class:`.ir.array.ArrayGraph`: groups, then their derivatives, then kernels
                                  alone, then fewer of them
:mod:`.layout`                    where numbers stand, so that operands are strided views
:mod:`.emit`                      -> :class:`.ir.program.Program`
:mod:`.tape`                      straight-line code for the native core, without it :mod:`.straightline`;
                                  :mod:`.shortcut` calls it past Python, :mod:`.saved` keeps it in
                                  files, :mod:`.standalone` writes it as C
:mod:`.running`                   the instructions bound to NumPy buffers: the fastest calls
                                  for each (:mod:`.binding`, :mod:`.kernels`)
:mod:`.xla`                       the instructions as operations of JAX's, for XLA to compile
================================  ===========================================================

What holds of each structure is in :mod:`.ir.verify`, what it means in :mod:`.ir.interpret`.
:mod:`.compiled` and :mod:`.entry` are the callable around it (:mod:`.methods` of instances), :mod:`.plan` and :mod:`.lanes` its outer
transforms, :mod:`.trees` the short way in and :mod:`.answers` the way out, :mod:`.training` what a training step is made of.
What decides whether code rolls up is the signature: like operations on operands of like roles and like origin are one group.
"""

from __future__ import annotations

from .compiled import Compiled, RecompileWarning, compile
from .recording import TraceError
from .saved import ProgramError, load_program
from .xla.pure import to_jax

__all__ = [
    "Compiled",
    "ProgramError",
    "RecompileWarning",
    "TraceError",
    "compile",
    "load_program",
    "to_jax",
]
