"""One program for all trainings of a structure: traced once, and loaded with the weights of whichever trains."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from objectives.training.trainers.adjustable import Adjustable, Lent, dense_class, loosen
from objectives.training.trainers.program import Programs
from objectives.training.trainers.rows import Rows
from objectives.training.trainers.structure import numbers_of, structure_of

if TYPE_CHECKING:
    import keras

    from objectives.training.trainers.base import Training

# Between two trainings each holds its graph alone, one or two megabytes.
MOST_PROGRAMS = 32


class SharedPrograms(Programs):
    """The programs of a model that stands for all of its structure."""

    def __init__(self, training: Training, rows: Rows) -> None:
        """Make the model after that of the training."""
        import keras

        original = training.model
        model = keras.Sequential([keras.Input(original.input_shape[1:]), *map(_twin, original.layers)])
        optimizer = type(original.optimizer).from_config(original.optimizer.get_config())
        model.compile(optimizer=optimizer, loss=original.loss, metrics=list(training.metrics or ()))
        # The optimizer knows the variables that it is built with by TensorFlow's variables in them.
        fixed = {variable.path: variable.shape[-1] for variable in model.layers[-1].variables}
        for variable in model.variables:
            loosen(variable, last=fixed.get(variable.path))
        optimizer.build(model.trainable_variables)
        for variable in optimizer.variables:
            loosen(variable)
        self._numbers = [(Adjustable(getattr(owner, name)), owner, name) for owner, name in numbers_of(model)]
        for number, owner, name in self._numbers:
            setattr(owner, name, number)
        self._lent: Lent | None = None
        self._training: Training | None = None
        super().__init__(model, rows)

    def load(self, training: Training) -> None:
        """Take over the numbers of the training, and its weights and its optimizer's state until another needs them."""
        if training is self._training:
            return
        self.close(self._training)
        for (number, _, name), (owner, _) in zip(self._numbers, numbers_of(training.model), strict=True):
            number.set(getattr(owner, name))
        self._lent = Lent(_variables(training.model), _variables(self.model))
        self._training = training

    def close(self, training: Training | None) -> None:
        """Give the weights back; others will use the programs."""
        if self._lent is not None and training is self._training:
            self._lent.give_back()
            self._lent = self._training = None


def _twin(layer: keras.Layer) -> keras.Layer:
    import keras

    kind = dense_class() if isinstance(layer, keras.layers.Dense) and layer.units > 1 else type(layer)
    return kind.from_config(layer.get_config())


def _variables(model: keras.Model) -> Sequence[keras.Variable]:
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return (*model.variables, *model.optimizer.variables)


class ProgramPool:
    """The shared programs of this process, those in use last."""

    def __init__(self) -> None:
        self._programs: OrderedDict[str, SharedPrograms] = OrderedDict()

    def programs_for(self, training: Training, rows: Rows) -> Programs:
        """Return what trains that model: programs for its structure, or for itself alone."""
        structure = structure_of(training, rows)
        if structure is None:
            return Programs(training.model, rows)
        if structure not in self._programs:
            self._programs[structure] = SharedPrograms(training, rows)
        self._programs.move_to_end(structure)
        while len(self._programs) > MOST_PROGRAMS:
            self._programs.popitem(last=False)
        return self._programs[structure]


POOL = ProgramPool()
"""Of this process: TensorFlow's programs cannot leave it."""
