"""The mutant suite: ``python -m tests.mutants`` (see :mod:`tests.mutants.__main__`)."""
