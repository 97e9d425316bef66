"""Learning in two phases: at first the new head alone, then some layers of the backbone too, at a rate of their own.

Which phase it is follows from the optimizer's count of steps, which is kept with a checkpoint. Keras's guide compiles
the model anew between the phases; then a trial would have two trainings, and one that is resumed would have to know
in which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def two_phases(variables: Sequence[keras.Variable], head_steps: int, share: float) -> Callable[[type], type]:
    """Return what turns an optimizer's class into one that moves those variables from step `head_steps` on only.

    From then on their learning rate is `share` of that of all others, whatever a schedule makes of it. Before, they
    stay as they are to the last bit, while their moments gather gradients, so that the first step is as well measured
    as any.
    """

    def adapt(kind: type) -> type:
        import keras

        class TwoPhases(kind):  # type: ignore[misc]  # Keras has no types
            def build(self, trainable_variables: Sequence[keras.Variable]) -> None:
                if not self.built and self.weight_decay is not None:
                    # It goes by the common rate; theirs is below.
                    self.exclude_from_weight_decay(var_list=list(variables))
                super().build(trainable_variables)

            def update_step(
                self, gradient: keras.KerasTensor, variable: keras.Variable, learning_rate: keras.KerasTensor
            ) -> None:
                if self._get_variable_index(variable) not in self._late():
                    super().update_step(gradient, variable, learning_rate)
                    return
                now = keras.ops.where(self.iterations >= head_steps, share, 0.0)
                rate = learning_rate * keras.ops.cast(now, learning_rate.dtype)
                if self.weight_decay is not None:
                    decay = keras.ops.cast(rate * self.weight_decay, variable.dtype)
                    self.assign_sub(variable, keras.ops.multiply(variable, decay))
                super().update_step(gradient, variable, rate)

            def _late(self) -> set[int]:
                return {self._get_variable_index(variable) for variable in variables}

            def get_config(self) -> dict[str, object]:
                return {**super().get_config(), "head_steps": head_steps, "share": share}

        TwoPhases.__name__ = f"TwoPhases{kind.__name__}"
        return TwoPhases

    return adapt
