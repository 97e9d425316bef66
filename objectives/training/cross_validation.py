"""How a configuration's score is estimated: one run for each split of the data and each seed."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from objectives.data.readers.memory import enough_memory
from objectives.training.checkpointing import Checkpointer, RunIdentity
from objectives.training.fit import fit
from objectives.training.run import Listener, RunResult, RunState
from objectives.training.scoring import Scoring
from objectives.training.settings import TrainSettings
from objectives.training.trainers.base import Training
from objectives.training.trainers.choice import make_trainer

if TYPE_CHECKING:
    import keras

    from objectives.data.arrays import SearchData
    from objectives.objective import Checkpoint


def run_count(seeds: int, splits: int) -> int:
    """How many runs a configuration has; each has `train.epochs` steps of its own."""
    return seeds * splits


def cross_validate(
    splits: Sequence[SearchData],
    make: Callable[[SearchData], Training],
    *,
    train: TrainSettings,
    scoring: Scoring,
    params: Mapping[str, Any],
    seed_of: Callable[..., int],
    checkpoint: Checkpoint | None = None,
    listeners: Sequence[Listener] = (),
) -> tuple[RunResult, ...]:
    """Train on every split, `train.seeds` times; return the result of each run.

    A run that diverged or was pruned is the last. With a `checkpoint` the training goes on in the run and the epoch
    that it was saved in, by whichever process.

    Args:
        splits: one a fold; one in all for hold-out.
        make: builds a fresh model; what Keras draws its seeds from is seeded before each.
        train: how.
        scoring: the metrics.
        params: what decides the models that are made. A checkpoint of others does not fit.
        seed_of: the seed of one use, named by words and numbers.
        checkpoint: where the training is kept.
        listeners: hear of every epoch before it is kept.

    Raises:
        TrainingError: these data or this model do not have a metric.
    """
    plan = _Plan(splits, make, train, scoring, params, seed_of)
    checkpointer = Checkpointer(checkpoint)
    kept = checkpointer.read()
    # What a checkpoint tells of earlier runs is believed when the one in which it was saved goes on.
    results = kept.earlier if kept is not None and kept.runs == plan.runs else ()
    doubted = bool(results)
    while len(results) < plan.runs:
        try:
            state = plan.train_next(results, checkpointer, listeners, only_resumed=doubted)
        finally:
            checkpointer.detach()
            # Keras's models hold themselves in circles.
            gc.collect()
        doubted = False
        if state is None:
            results = ()
            continue
        results = (*results, scoring.result(state))
        for listener in listeners:
            listener.on_run(results)
        if results[-1].ended in ("diverged", "pruned"):
            break
    return results


@dataclass(frozen=True)
class _Plan:
    splits: Sequence[SearchData]
    make: Callable[[SearchData], Training]
    train: TrainSettings
    scoring: Scoring
    params: Mapping[str, Any]
    seed_of: Callable[..., int]

    @property
    def runs(self) -> int:
        return run_count(self.train.seeds, len(self.splits))

    def train_next(
        self,
        results: tuple[RunResult, ...],
        checkpointer: Checkpointer,
        listeners: Sequence[Listener],
        *,
        only_resumed: bool,
    ) -> RunState | None:
        """Train the run after these to its end; None where it was to go on from a checkpoint and cannot."""
        repeat, split = divmod(len(results), len(self.splits))
        with enough_memory("a fold of the data"):
            data = self.splits[split]
        self.scoring.check(data.classes)
        # The words are hashed into the seeds of every study.
        path = ("repeat", repeat, "division", split) if self.runs > 1 else ()
        seed_of = partial(self.seed_of, *path)
        _seed(seed_of())
        training = self.make(data)
        training = replace(training, callbacks=[*training.callbacks, *early_stopping(self.train, self.scoring)])
        epoch_seed = partial(seed_of, "epoch")
        state = checkpointer.attach(training.model, self._identity(training, epoch_seed(0)))
        if state is None and only_resumed:
            return None
        trainer = make_trainer(training, self.train.compile, lambda epoch: epoch_seed(epoch, "rows"))
        try:
            return fit(
                training,
                state or RunState(epochs=self.train.epochs, runs=self.runs, earlier=results),
                trainer=trainer,
                scoring=self.scoring,
                seed_of=epoch_seed,
                listeners=[*listeners, checkpointer],
            )
        finally:
            trainer.close()

    def _identity(self, training: Training, seed: int) -> RunIdentity:
        data = training.data
        return RunIdentity(
            params=self.params,
            seed=seed,
            batch_size=training.batch_size,
            scoring=asdict(self.scoring),
            # How an epoch is compiled changes nothing of it.
            train=self.train.model_dump(mode="json", exclude={"compile"}),
            data=data.source,
            rows=(len(data.x_train), len(data.x_validation)),
            runs=self.runs,
            unit=None if data.target is None else (data.target.mean, data.target.deviation),
        )


def early_stopping(train: TrainSettings, scoring: Scoring) -> list[keras.callbacks.Callback]:
    """The callback that the settings ask for, if any."""
    import keras

    settings = train.early_stopping
    if settings is None:
        return []
    metric, direction = scoring.monitored
    mode = "max" if direction == "maximize" else "min"
    return [
        keras.callbacks.EarlyStopping(
            monitor=metric, mode=mode, patience=settings.patience, min_delta=settings.min_delta
        )
    ]


def _seed(seed: int) -> None:
    """Decide what a model that is built next begins with, and what is random in its layers.

    Not by `keras.utils.set_random_seed`: all layers and initializers of Keras draw their seeds from Python's generator,
    and TensorFlow, told of a seed, forgets its compiled programs.
    """
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)
