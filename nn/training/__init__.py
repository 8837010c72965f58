"""Training: fit, its callbacks, histories and batches, and evaluation."""
