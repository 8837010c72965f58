"""Array programs on JAX: as pure functions, which XLA compiles for whatever processors there are."""
