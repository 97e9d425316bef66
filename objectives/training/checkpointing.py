"""A training that outlives its worker: what a checkpoint holds, when it is saved, and how it is put back."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from objectives.errors import SerializationError
from objectives.training.serialization import pack, unpack

if TYPE_CHECKING:
    from objectives.objective import Checkpoint

log = logging.getLogger("studyhall.training")

FORMAT = 2

# No more training than this is lost to a death, unless one epoch is longer.
SECONDS_AT_RISK = 2.0


@dataclass(kw_only=True)
class Keeper:
    """Keeps the state of one trial's training in the trial's checkpoint; does nothing where there is none.

    The state is the progress that the training tells, every variable of the model (weights, statistics, the state
    of its random layers) and of its optimizer, and the plain attributes of the callbacks.
    """

    checkpoint: Checkpoint | None
    model: Any = None
    callbacks: Sequence[Any] = ()
    """What changes in them must lie in attributes that are plain data or arrays."""
    made_from: Mapping[str, Any] = field(default_factory=dict)
    """What decides the training, plain data: a state made from anything else does not fit."""
    _callback_states: list[dict[str, Any]] = field(default_factory=list)
    _kept: dict[str, Any] | None = None
    _looked: bool = False
    _saved: float = field(default_factory=lambda: time.monotonic())
    _epoch_ended: float = field(default_factory=lambda: time.monotonic())

    def attend(self, *, model: Any, callbacks: Sequence[Any], made_from: Mapping[str, Any]) -> None:
        """Keep the training of this model from now on; what an earlier one was restored from is used up."""
        self.model, self.callbacks, self.made_from = model, callbacks, made_from
        self._callback_states = []
        # What it took to build the model would not be lost with a run.
        now = time.monotonic()
        self._saved, self._epoch_ended = self._saved + now - self._epoch_ended, now

    def release(self) -> None:
        """Let go of the model."""
        self.attend(model=None, callbacks=(), made_from={})

    def peek(self) -> dict[str, Any]:
        """Return the progress last kept, of whatever training it is; empty where there is none."""
        progress = (self._look() or {}).get("progress")
        return progress if isinstance(progress, dict) else {}

    def restore(self) -> dict[str, Any] | None:
        """Put the model and its optimizer into the state last kept; return the progress that was kept with it.

        None where there is nothing that fits, and the second time. The callbacks follow in `restore_callbacks`.
        """
        state, self._kept = self._look(), None
        if state is None:
            return None
        if differing := [name for name, here in self._form().items() if state.get(name) != here]:
            log.warning("the checkpoint is of another %s, the trial starts over", differing[0])
            return None
        for variable, value in zip(self._variables(), state["values"], strict=True):
            variable.assign(value)
        self._callback_states = state["callback states"]
        progress: dict[str, Any] = state["progress"]
        return progress

    def restore_callbacks(self) -> None:
        """Put the callbacks into the state that `restore` found, after their own `on_train_begin`."""
        for callback, attributes in zip(self.callbacks, self._callback_states, strict=False):
            vars(callback).update(attributes)

    def save_if_due(self, progress: Mapping[str, Any]) -> None:
        """Save, at an epoch's end, if a death before the next one's would lose more than SECONDS_AT_RISK."""
        now = time.monotonic()
        epoch_seconds, self._epoch_ended = now - self._epoch_ended, now
        if now - self._saved + epoch_seconds > SECONDS_AT_RISK:
            self.save(progress)

    def save(self, progress: Mapping[str, Any]) -> None:
        """Keep the state as it is now, with `progress` (plain data)."""
        if self.checkpoint is None:
            return
        state = {
            "progress": dict(progress),
            "values": [variable.numpy() for variable in self._variables()],
            "callback states": [_state(callback) for callback in self.callbacks],
        }
        self.checkpoint.save(pack({**self._form(), **state}))
        self._saved = self._epoch_ended = time.monotonic()

    def _look(self) -> dict[str, Any] | None:
        if not self._looked:
            self._looked = True
            packed = self.checkpoint.load() if self.checkpoint is not None else None
            self._kept = None if packed is None else _read(packed)
        return self._kept

    def _variables(self) -> list[Any]:
        optimizer = self.model.optimizer
        if not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return [*self.model.variables, *optimizer.variables]

    def _form(self) -> dict[str, Any]:
        """What a state must have in common with this training to fit it."""
        return {
            "format": FORMAT,
            "training": dict(self.made_from),
            "model": [[list(variable.shape), str(variable.dtype)] for variable in self._variables()],
            "list of callbacks": [type(callback).__name__ for callback in self.callbacks],
        }


def _read(packed: bytes) -> dict[str, Any]:
    """What was packed; nothing when this was not written by a Keeper."""
    try:
        state = unpack(packed)
    except (ValueError, TypeError):
        return {}
    return state if isinstance(state, dict) else {}


def _state(callback: Any) -> dict[str, Any]:
    """The callback's attributes but for the model, functions and the like, which it has anew in each process.

    Nor what its constructor was given: Keras's monitors turn the sign of `min_delta` when they first see a metric,
    and would turn a restored one back.
    """
    given = inspect.signature(type(callback)).parameters
    attributes = {}
    for name, value in vars(callback).items():
        if name in given:
            continue
        try:
            pack(value)
        except SerializationError:
            continue
        attributes[name] = value
    return attributes
