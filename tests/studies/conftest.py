"""A study of a location of its own, and a worker of this process."""

import os
from pathlib import Path

import optuna
import pytest

from storage import StorageLocation, open_storage
from storage.processes import ProcessIdentity
from studies.execution.messages import WorkerOrder
from studies.execution.worker import Worker
from studies.record import creation
from studies.spec.resolving import resolve
from studies.spec.study import StudySpec


@pytest.fixture(autouse=True)
def quiet_optuna():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def location(tmp_path):
    return StorageLocation.parse(str(tmp_path / "s.db"))


@pytest.fixture
def make_study(location):
    """Make a study, of one trial unless told otherwise."""

    def make(name="s", **settings):
        spec = StudySpec(**{"name": name, "seed": 7, "budget": {"trials": 1}, "pruner": "none", **settings})
        return creation.create_or_join(location, open_storage(location, create=True), spec).stored

    return make


@pytest.fixture
def study(make_study):
    """A study of one trial."""
    return make_study(objective="quadratic")


@pytest.fixture
def worker_on():
    """Make a worker of this process for the study."""
    return _worker_on


@pytest.fixture
def work():
    """Let a worker of this process work on the study until it has nothing to do or is interrupted."""
    return lambda *how: _worker_on(*how).run()


def _worker_on(study, objective, interruption=lambda: None):
    order = WorkerOrder(
        slot=0,
        worker="w0",
        device="CPU",
        location=study.location,
        study=study.name,
        failed_before=0,
        environment={},
        log=Path(os.devnull),
    )
    me = ProcessIdentity.current()
    return Worker(order, me, study, study.required_spec(), objective, interruption)


@pytest.fixture
def run_here(make_study, work):
    """Run a study of `quadratic` to its budget; returns it, and the numbers of the trials that were evaluated."""

    def run(name, trials, call=None, **settings):
        study = make_study(
            name, **{"objective": "quadratic", "seed": 3, "pruner": "median", **settings, "budget": {"trials": trials}}
        )
        spec = study.required_spec()
        spec.budget.to_budget().store(study.storage, study.study_id)
        evaluated = []
        evaluate = call or resolve(spec.objective).load(spec)

        def noted(trial):
            value = evaluate(trial)
            evaluated.append(trial.number)
            return value

        assert work(study, noted) == "budget reached"
        return study, evaluated

    return run
