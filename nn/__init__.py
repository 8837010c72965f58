"""A small neural-network library on top of :mod:`autograd`."""

from __future__ import annotations

from . import _clash as _clash  # first: it explains why the rest would fail
from . import activations, init, losses, metrics, saving
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
from .dropout import Dropout
from .layers import MLP, Layer, Linear, Neuron
from .module import Module, Parameter
from .saving import load, load_into, save
from .sequential import Sequential

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
    "load",
    "load_into",
    "losses",
    "metrics",
    "save",
    "saving",
]
