"""A small neural-network library on top of :mod:`autograd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _clash as _clash  # first: it explains why the rest would fail
from . import activations
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
from .modules.dropout import Dropout
from .modules.embedding import Embedding
from .modules.layers import MLP, Layer, Neuron
from .modules.linear import Linear
from .modules.module import Module
from .modules.normalising import LayerNorm, RMSNorm
from .modules.parameter import Parameter
from .modules.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell
from .modules.sequential import ModuleList, Sequential
from .modules.shaping import Flatten

if TYPE_CHECKING:
    from . import datasets, init, losses, metrics, optim, saving
    from .estimators import MLPClassifier as MLPClassifier
    from .estimators import MLPRegressor as MLPRegressor
    from .saving import load, load_into, save
    from .training.callbacks import Callback
    from .training.evaluation import evaluate, predict
    from .training.fit import fit
    from .training.history import History
    from .training.monitors import Checkpoint, EarlyStopping, ReduceLROnPlateau
    from .training.steady import CannotCompile
    from .training.step.compiled import compile_step
    from .training.step.eager import DivergenceError

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "Activation",
    "Callback",
    "CannotCompile",
    "Checkpoint",
    "DivergenceError",
    "Dropout",
    "EarlyStopping",
    "Embedding",
    "Flatten",
    "GRUCell",
    "History",
    "LSTMCell",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "Module",
    "ModuleList",
    "Neuron",
    "Parameter",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "ReduceLROnPlateau",
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

_ELSEWHERE = {
    "MSELoss": "nn.losses.mse",
    "L1Loss": "nn.losses.mae",
    "BCELoss": "nn.losses.binary_cross_entropy",
    "BCEWithLogitsLoss": "nn.losses.binary_cross_entropy_with_logits",
    "CrossEntropyLoss": "nn.losses.cross_entropy",
    "NLLLoss": "nn.losses.nll",
    "HuberLoss": "nn.losses.huber",
    "functional": "autograd (autograd.relu, autograd.softmax, ...) and nn.losses",
    "utils": "nn.optim.clip_grad_norm_ and nn.optim.clip_grad_value_",
    "SGD": "nn.optim.SGD",
    "Adam": "nn.optim.Adam",
    "AdamW": "nn.optim.AdamW",
    "RMSprop": "nn.optim.RMSprop",
    "ModelCheckpoint": "nn.Checkpoint",
    "train": "nn.fit",
    "Value": "autograd.Value",
}
"""What people look for under the names that other libraries give it, and where it is."""


_ON_FIRST_USE = {
    **{name: name for name in ("datasets", "init", "losses", "metrics", "optim", "saving")},
    **dict.fromkeys(("load", "load_into", "save"), "saving"),
    "Callback": "training.callbacks",
    **dict.fromkeys(("evaluate", "predict"), "training.evaluation"),
    "fit": "training.fit",
    "History": "training.history",
    **dict.fromkeys(("Checkpoint", "EarlyStopping", "ReduceLROnPlateau"), "training.monitors"),
    "CannotCompile": "training.steady",
    "compile_step": "training.step.compiled",
    "DivergenceError": "training.step.eager",
    **dict.fromkeys(("MLPClassifier", "MLPRegressor"), "estimators"),
}
"""Where stands what is imported when it is asked for: a net alone needs neither the compiler nor scikit-learn."""


if not TYPE_CHECKING:  # to a checker, a module with __getattr__ has every name

    def __getattr__(name: str) -> object:
        if name in _ON_FIRST_USE:
            from importlib import import_module

            module = import_module(f".{_ON_FIRST_USE[name]}", __name__)
            found = module if name == _ON_FIRST_USE[name] else getattr(module, name)
            globals()[name] = found
            return found
        hint = f"; it is {_ELSEWHERE[name]}" if name in _ELSEWHERE else ""
        raise AttributeError(f"module 'nn' has no attribute {name!r}{hint}")


def __dir__() -> list[str]:  # the rooms in which all this stands are nobody's business but ours
    return sorted({*__all__, *_ON_FIRST_USE})
