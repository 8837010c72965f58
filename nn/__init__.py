"""A small neural-network library on top of :mod:`autograd`."""
