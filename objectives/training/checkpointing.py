"""A training that outlives its worker: what a checkpoint holds, when it is saved, and how it is put back."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from objectives.training.run import Listener, RunState
from objectives.training.serialization import from_bytes, to_bytes

if TYPE_CHECKING:
    import keras
    import numpy as np

    from objectives.objective import Checkpoint

log = logging.getLogger("studyhall.training")

FORMAT = 3

# No more training than this is lost to a death, unless one epoch is longer.
SECONDS_AT_RISK = 2.0


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """What decides a run, plain data: a checkpoint of anything else does not fit."""

    params: Mapping[str, Any]
    seed: int
    batch_size: int
    scoring: Mapping[str, Any]
    train: Mapping[str, Any]
    data: str
    rows: tuple[int, int]
    runs: int
    unit: tuple[float, float] | None = None
    """Mean and deviation in which a target of numbers is learned."""

    def to_json(self) -> Any:
        """Return the identity as it is after JSON, with lists for tuples; a run of classes has no unit."""
        facts = asdict(self)
        if self.unit is None:
            del facts["unit"]
        return json.loads(json.dumps(facts))


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What a checkpoint holds."""

    state: RunState
    identity: Any
    values: list[np.ndarray]
    """Of every variable of the model (weights, statistics, the state of its random layers) and of its optimizer."""

    def to_bytes(self) -> bytes:
        kept = {"format": FORMAT, "state": self.state.to_json(), "identity": self.identity, "values": self.values}
        return to_bytes(kept)

    @classmethod
    def from_bytes(cls, content: bytes) -> _Kept | None:
        """Return what was kept; None when this is something else."""
        try:
            kept = from_bytes(content)
        except (ValueError, TypeError):
            return None
        if not isinstance(kept, dict) or kept.get("format") != FORMAT:
            log.warning("the checkpoint is of another format, the trial starts over")
            return None
        return cls(state=RunState.from_json(kept["state"]), identity=kept["identity"], values=kept["values"])


@dataclass
class Checkpointer(Listener):
    """Keeps a run, its model and its optimizer in a checkpoint; does nothing where there is none."""

    checkpoint: Checkpoint | None
    _model: keras.Model | None = None
    _identity: Any = None
    _kept: _Kept | None = None
    _looked: bool = False
    _saved: float = field(default_factory=lambda: time.monotonic())
    _epoch_ended: float = field(default_factory=lambda: time.monotonic())

    def read(self) -> RunState | None:
        """Return the state last kept, of whatever run it is; None where there is none."""
        if not self._looked:
            self._looked = True
            content = self.checkpoint.load() if self.checkpoint is not None else None
            self._kept = None if content is None else _Kept.from_bytes(content)
            if content is not None and self._kept is None:
                self._discard()
        return None if self._kept is None else self._kept.state

    def attach(self, model: keras.Model, identity: RunIdentity) -> RunState | None:
        """Keep the run of this model from now on; return the state that it is to go on from.

        None where nothing is kept that fits, and the second time.
        """
        self._model, self._identity = model, identity.to_json()
        # What it took to build the model would not be lost with a run.
        now = time.monotonic()
        self._saved, self._epoch_ended = self._saved + now - self._epoch_ended, now
        state = self.read()
        if self._kept is not None and (other := self._other(self._kept)) is not None:
            log.warning("the checkpoint is of another %s, the trial starts over", other)
            self._kept, state = None, None
            self._discard()
        return state

    def detach(self) -> None:
        """Let go of the model, and of what was kept."""
        self._model = self._kept = None

    def on_resume(self, state: RunState) -> None:
        """Put the model and its optimizer into the state that was kept."""
        if self._kept is not None:
            for variable, value in zip(self._variables(), self._kept.values, strict=True):
                variable.assign(value)
            self._kept = None

    def on_epoch(self, state: RunState) -> None:
        """Save if a death before the next epoch's end would lose more than SECONDS_AT_RISK."""
        now = time.monotonic()
        epoch_seconds, self._epoch_ended = now - self._epoch_ended, now
        if not state.final and now - self._saved + epoch_seconds > SECONDS_AT_RISK:
            # The listeners before this one have heard of the epoch.
            self.save(replace(state, reported=True))

    def on_interrupt(self, state: RunState) -> None:
        """Save, so that whoever goes on need not train this epoch again."""
        self.save(state)

    def save(self, state: RunState) -> None:
        """Keep the state, and the model as it is now."""
        if self.checkpoint is None:
            return
        values = [variable.numpy() for variable in self._variables()]
        self.checkpoint.save(_Kept(state=state, identity=self._identity, values=values).to_bytes())
        self._saved = self._epoch_ended = time.monotonic()

    def _discard(self) -> None:
        """Let the trial know that nothing goes on from what was kept."""
        if self.checkpoint is not None:
            self.checkpoint.discard()

    def _variables(self) -> list[keras.Variable]:
        assert self._model is not None, "attach comes first"
        optimizer = self._model.optimizer
        if not optimizer.built:
            optimizer.build(self._model.trainable_variables)
        return [*self._model.variables, *optimizer.variables]

    def _other(self, kept: _Kept) -> str | None:
        """In what a checkpoint differs from this run."""
        if kept.identity != self._identity:
            return "training"
        here = [(tuple(variable.shape), str(variable.dtype)) for variable in self._variables()]
        return None if here == [(value.shape, value.dtype.name) for value in kept.values] else "model"
