"""What ``python -m nn`` does."""
