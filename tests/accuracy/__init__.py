"""How many digits derivatives have: ``python -m tests.accuracy`` (see :mod:`tests.accuracy.__main__`)."""
