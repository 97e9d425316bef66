"""What a built-in hypermodel declares about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from objectives.space.parameters import Parameters, Params, former_names
from objectives.space.values import Scalar

if TYPE_CHECKING:
    import keras

    from objectives.data.arrays import SearchData


def goes_with_any(params: Params, data: SearchData) -> None:
    """Find no fault with any parameters and data."""


def as_it_is(params: Params, data: SearchData) -> SearchData:
    """Return the data."""
    return data


@dataclass(frozen=True, kw_only=True)
class HyperModel:
    """A model with parameters to search: what a study file may say about it, and how it is built.

    The functions take `params`, a value for each of `parameters` but those per layer.
    """

    name: str
    summary: str
    parameters: Parameters
    space: Mapping[str, object]
    """The `[space]` used when a study file has none, as it would stand in TOML."""
    reads: tuple[str, ...]
    """The kinds of data it can be trained on: "image", "table", "text"."""
    build: Callable[[Params, SearchData], keras.Model]
    """(params, prepared data) -> a model, not compiled, that ends in `losses.output_layer`."""
    prepare: Callable[[Params, SearchData], SearchData] = as_it_is
    """(params, data) -> the data as `build` and the training want it."""
    check: Callable[[Params, SearchData], None] = goes_with_any
    """(params, data) -> nothing, without Keras; raises DataError where they cannot go together."""
    optimizer: Callable[[Params, SearchData, keras.Model], keras.optimizers.Optimizer] | None = None
    """(params, prepared data, model) -> the optimizer; None: the one that the parameters name."""

    @property
    def defaults(self) -> dict[str, Scalar]:
        """The value of each parameter that a study file leaves out; those per layer are then not there at all."""
        return {name: each.default for name, each in self.parameters.items() if each.per_layer is None}

    def completed(self, params: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """Return the parameters with the default of each that is missing, and under the names they have now."""
        names = former_names(self.parameters)
        return self.defaults | {names.get(name, name): value for name, value in params.items()}
