"""A small neural-network library on top of :mod:`autograd`."""

from __future__ import annotations

from . import _clash as _clash  # first: it explains why the rest would fail
from . import activations, datasets, init, losses, metrics, optim, saving
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
from .callbacks import Callback, Checkpoint, EarlyStopping
from .compiling import compile_step
from .dropout import Dropout
from .evaluation import evaluate, predict
from .history import History
from .layers import MLP, Layer, Linear, Neuron
from .module import Module, Parameter
from .recorded import CannotCompile
from .saving import load, load_into, save
from .sequential import Sequential
from .steps import DivergenceError
from .training import fit

__all__ = [
    "ELU",
    "GELU",
    "MLP",
    "Activation",
    "Callback",
    "CannotCompile",
    "Checkpoint",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "History",
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
    "compile_step",
    "datasets",
    "evaluate",
    "fit",
    "init",
    "load",
    "load_into",
    "losses",
    "metrics",
    "optim",
    "predict",
    "save",
    "saving",
]
