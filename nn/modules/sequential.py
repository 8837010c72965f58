"""Lists of modules: Sequential, one after the other, and ModuleList, to be called by whoever has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nn import activations

from .module import Module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self


class _Listed(Module):
    """What both share: the list."""

    numbered = "layers"

    layers: list[Any]

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Any:
        return self.layers[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.layers)


class ModuleList(_Listed):
    """Modules in a list, for a module of your own to call as it likes; a plain list does as well.

    Its state has the names that PyTorch's has: ``"0.weight"`` and so on.

    Args:
        layers: modules.

    >>> from nn import Linear
    >>> heads = ModuleList(Linear(4, 2) for _ in range(3))
    >>> heads.append(Linear(4, 1))
    >>> len(heads), heads[-1]
    (4, Linear(4, 1))
    """

    def __init__(self, layers: Iterable[Module] = ()) -> None:
        self.layers = []
        for layer in layers:
            self.append(layer)

    def append(self, layer: Module) -> None:
        """Put a module at the end.

        Raises:
            TypeError: if it is none.
        """
        if not isinstance(layer, Module):
            raise TypeError(f"a ModuleList holds modules, not {layer!r:.60}")
        self.layers.append(layer)

    def config(self) -> dict[str, Any]:
        return {"layers": self.layers}

    def __repr__(self) -> str:
        return f"ModuleList([{', '.join(map(repr, self.layers))}])"


class Sequential(_Listed):
    """Modules one after the other, each fed with what the one before it gave.

    Args:
        layers: modules; names of activations and the functions of that name, applied to each output;
            other functions, which get the whole output.

    Its state has the names that PyTorch's has: ``"0.weight"`` and so on.

    >>> from nn import Linear
    >>> model = Sequential(Linear(2, 8, seed=1), "tanh", Linear(8, 1, seed=2))
    >>> model
    Sequential(Linear(2, 8), Activation('tanh'), Linear(8, 1))
    >>> len(model), model[0]
    (3, Linear(2, 8))
    """

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

    def config(self) -> dict[str, Any] | None:
        if not all(isinstance(layer, Module) for layer in self.layers):
            return None
        return {"layers": self.layers}

    @classmethod
    def from_config(cls, arguments: dict[str, Any]) -> Self:
        return cls(*arguments["layers"])

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
