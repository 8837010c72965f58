"""Where the elements of an array graph stand in the arenas of a program: :mod:`.search` seeks them, by moving :mod:`.clusters` to the
:mod:`.patterns` that operands would be views in, where :mod:`.costs` says that it is worth it; :mod:`.ones` gives biases what they are
multiplied by. :mod:`.places` has what was found, :mod:`.affine` tells which positions are a strided view, and :mod:`.leaves` in what
order leaves come."""
