"""Trainings in a process of one thread, so that what must be equal is equal to the last bit. Prints JSON."""

import gc
import json
import sys

import optuna
from helpers.attempts import Attempt, Checkpoint, at
from pydantic import TypeAdapter

from objectives.data.settings import DataSettings
from objectives.models.network import HyperModelObjective
from objectives.registry import HYPERMODELS
from objectives.space.dimensions import Dimension
from objectives.space.search_space import SearchSpace
from objectives.training import backend
from objectives.training.settings import TrainSettings
from objectives.training.task import Task
from studies.execution.trial import TrialInterrupted

COMMON = {"units": 16, "dropout": 0.3, "batch_size": 64}
NETWORKS = {"mlp": {"layers": 1}, "cnn": {"filters": 4}, "transfer": {"freeze": False, "head_epochs": 2}}
# Each learns for a while and is then stopped, after two epochs that gained less than min_delta.
OPTIMIZERS = {
    "adam": {"learning_rate": 0.02},
    "rmsprop": {"learning_rate": 0.01, "momentum": 0.5},
    "sgd": {"learning_rate": 0.2, "momentum": 0.5},
}


def objective(optimizer, family="mlp", epochs=9, patience=2, seeds=1, **more):
    dimensions = TypeAdapter(dict[str, Dimension]).validate_python(
        {**COMMON, **NETWORKS[family], "optimizer": optimizer, **OPTIMIZERS[optimizer], **more}
    )
    train = TrainSettings(epochs=epochs, early_stopping={"patience": patience, "min_delta": 0.1}, seeds=seeds)
    task = Task(
        space=SearchSpace(dimensions),
        data=DataSettings(),
        train=train,
        metrics=("val_loss",),
        directions=("minimize",),
        seed=7,
    )
    return HyperModelObjective(task, HYPERMODELS[family])


def run(optimizer, interruptions, **settings):
    """One trial to its end, interrupted at the report of each of the steps; all that is known of it then."""
    train, first, checkpoint = objective(optimizer, **settings), optuna.create_study().ask(), Checkpoint()
    for step in [*interruptions, None]:
        try:
            value = train(Attempt(first, checkpoint, at(step)))
        except TrialInterrupted:
            continue
        break
    frozen = first.study.trials[0]
    return {
        "value": value,
        "reports": list(frozen.intermediate_values.items()),
        "attributes": {k: v for k, v in frozen.user_attrs.items() if k != "resumed_at"},
        "resumed_at": frozen.user_attrs.get("resumed_at", []),
    }


if __name__ == "__main__":
    backend.prepare("tensorflow")
    import keras  # noqa: F401

    # As the fork server does.
    gc.freeze()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for optimizer, steps, settings in json.loads(sys.argv[1]):
        print(json.dumps(run(optimizer, steps, **settings)), flush=True)
