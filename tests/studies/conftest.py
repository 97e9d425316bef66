"""A study run by one worker in the test's own process."""

from __future__ import annotations

import os
from pathlib import Path

import optuna
import pytest

from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies import stored
from studies.orders import WorkerOrder
from studies.spec import StudySpec
from studies.worker import Worker, make_objective


@pytest.fixture
def location(tmp_path):
    return StorageLocation.parse(str(tmp_path / "s.db"))


@pytest.fixture
def run_here(location):
    """Run a study of `quadratic` to its budget; returns it, and the numbers of the trials that were evaluated."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def run(name, trials, call=None, **settings):
        settings = {"objective": "quadratic", "seed": 3, **settings}
        spec = StudySpec.model_validate({"name": name, "budget": {"trials": trials}} | settings)
        study, _ = stored.create_or_join(location, open_storage(location, create=True), spec)
        spec.budget.to_budget().store(study.storage, study.study_id)
        evaluated = []
        evaluate = call or make_objective(spec)

        def noted(trial):
            value = evaluate(trial)
            evaluated.append(trial.number)
            return value

        order = WorkerOrder(
            slot=0,
            worker="w0",
            device="CPU",
            location=location,
            study=name,
            failed_before=0,
            environment={},
            log=Path(os.devnull),
        )
        assert Worker(order, ProcessIdentity.current(), study, spec, noted, lambda: None).run() == "budget reached"
        return study, evaluated

    yield run
    optuna.logging.set_verbosity(before)
