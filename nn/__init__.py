"""A small neural-network library on top of :mod:`autograd`."""

from __future__ import annotations

from . import _clash as _clash  # first: it explains why the rest would fail
from . import activations, init, losses
from .activations import (
    ELU,
    GELU,
    Activation,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from .layers import MLP, Dropout, Layer, Linear, Neuron, Sequential
from .module import Module, Parameter

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "Activation",
    "Dropout",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Module",
    "Neuron",
    "Parameter",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "activations",
    "init",
    "losses",
]
