"""Run one script's function of a trial under plain Optuna, each trial with the seed that studyhall would give it.

python optuna_example_alone.py FILE FUNCTION SAMPLER SEED TRIALS DIRECTIONS    writes trials.json
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from objectives.seeds import derive_seed

FACTORIES = {"tpe": TPESampler, "random": RandomSampler}


class SeededForEachTrial(BaseSampler):
    """Another sampler, made anew for each trial with a seed of that trial's own."""

    def __init__(self, name: str, seed: int) -> None:
        self._factory, self._seed = FACTORIES[name], seed
        self._base = self._factory()

    def before_trial(self, study: optuna.Study, trial: Any) -> None:
        self._base = self._factory(seed=derive_seed(self._seed, "sampler", trial.number, 0))
        self._base.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> Any:
        return self._base.infer_relative_search_space(study, trial)

    def sample_relative(self, study: optuna.Study, trial: Any, search_space: Any) -> Any:
        return self._base.sample_relative(study, trial, search_space)

    def sample_independent(self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any) -> Any:
        return self._base.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: optuna.Study, trial: Any, state: Any, values: Any) -> None:
        self._base.after_trial(study, trial, state, values)


def main(file: str, function: str, sampler: str, seed: str, trials: str, directions: str) -> None:
    path = Path(file)
    sys.argv, sys.path[0] = [file], str(path.parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    study = optuna.create_study(directions=directions.split(","), sampler=SeededForEachTrial(sampler, int(seed)))
    study.optimize(getattr(module, function), n_trials=int(trials))
    rows = [
        {
            "state": trial.state.name,
            "params": trial.params,
            "values": trial.values,
            "reports": trial.intermediate_values,
        }
        for trial in study.trials
    ]
    Path("trials.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
