"""Sequential: modules one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn import activations

from .module import Module

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self


class Sequential(Module):
    """Modules one after the other, each fed with what the one before it gave.

    Args:
        layers: modules; names of activations and the functions of that name, applied to each output;
            other functions, which get the whole output.

    >>> from nn import Linear
    >>> model = Sequential(Linear(2, 8, seed=1), "tanh", Linear(8, 1, seed=2))
    >>> model
    Sequential(Linear(2, 8), Activation('tanh'), Linear(8, 1))
    >>> len(model), model[0]
    (3, Linear(2, 8))
    """

    layers: list[Any]

    def __init__(self, *layers: Any) -> None:
        self.layers = [self._layer(i, layer) for i, layer in enumerate(layers)]

    @staticmethod
    def _layer(i: int, layer: Any) -> Any:
        if isinstance(layer, str) or (callable(layer) and activations.name_of(layer) is not None):
            return activations.Activation(layer)
        if isinstance(layer, type) or not callable(layer):
            raise TypeError(
                f"layer {i} of Sequential must be a module, an activation's name or a function, "
                f"not {layer!r:.60}"
            )
        return layer

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        return self.layers[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)

    def config(self) -> dict[str, Any] | None:
        if not all(isinstance(layer, Module) for layer in self.layers):
            return None
        return {"layers": self.layers}

    @classmethod
    def from_config(cls, arguments: dict[str, Any]) -> Self:
        return cls(*arguments["layers"])

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
