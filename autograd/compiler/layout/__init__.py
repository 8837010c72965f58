"""Where the elements of an array graph stand in the arenas of a program: :mod:`.clusters` searches, :mod:`.places` has what was
found, :mod:`.patterns` what is tried, and :mod:`.affine` tells which positions are a strided view."""
