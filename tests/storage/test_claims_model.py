"""Claim, report, finish, fail, die, reclaim and resume in any order, against a model of a few lines."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import optuna
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from optuna.study import StudyDirection
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from storage.attempts import MAX_DEATHS, MAX_EXCEPTIONS
from storage.claims import Budget, NoTrial, TrialLost, claim, finish, reclaim, requeue
from storage.processes import ProcessIdentity

FINISHED = ("COMPLETE", "PRUNED")
WORKERS = st.integers(0, 2)


class Process:
    """A real process that does nothing, so that it can really die."""

    def __init__(self):
        self.child = subprocess.Popen(["sleep", "600"])
        self.identity = ProcessIdentity.of(self.child.pid)

    def die(self):
        self.child.kill()
        self.child.wait()


@dataclass
class Model:
    """What a trial should be."""

    state: str = "RUNNING"
    exceptions: int = 0
    deaths: int = 0
    reports: dict[int, float] = field(default_factory=dict)
    x: float | None = None


class Claims(RuleBasedStateMachine):
    """Three workers share one study."""

    @initialize(budget=st.integers(1, 6), failures=st.integers(1, 3))
    def begin(self, budget, failures):
        self.folder = tempfile.TemporaryDirectory()
        self.storage = open_storage(StorageLocation(Path(self.folder.name) / "x.db"), create=True)
        self.study_id = self.storage.create_new_study([StudyDirection.MINIMIZE], "x")
        self.study = optuna.load_study(study_name="x", storage=self.storage)
        self.budget = Budget(trials=budget, failures=failures)
        self.budget.store(self.storage, self.study_id)
        self.processes = [Process() for _ in range(3)]
        self.held: dict[int, int] = {}
        self.trials: list[Model] = []
        self.failed_before = 0

    def count(self, *states):
        return sum(trial.state in states for trial in self.trials)

    @rule(worker=WORKERS)
    def claims(self, worker):
        if worker in self.held:
            return
        got = claim(
            self.storage, self.study_id, f"w-{worker}", self.processes[worker].identity,
            failed_before=self.failed_before,
        )  # fmt: skip
        finished = self.count(*FINISHED)
        if finished >= self.budget.trials:
            assert got is NoTrial.BUDGET_REACHED
        elif self.count("FAIL") - self.failed_before >= self.budget.failures:
            assert got is NoTrial.TOO_MANY_FAILURES
        elif finished + self.count("RUNNING") >= self.budget.trials:
            assert got is NoTrial.WAIT
        else:
            number = self.storage.get_trial(got).number
            waiting = [n for n, trial in enumerate(self.trials) if trial.state == "WAITING"]
            assert number == (waiting[0] if waiting else len(self.trials))
            if not waiting:
                self.trials.append(Model())
            self.trials[number].state = "RUNNING"
            self.held[worker] = number

    def trial(self, worker):
        number = self.held[worker]
        self.study.get_trials(deepcopy=False)
        return optuna.Trial(self.study, self.study.trials[number]._trial_id), self.trials[number]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), value=st.floats(-5, 5))
    def reports(self, data, value):
        trial, model = self.trial(data.draw(st.sampled_from(sorted(self.held))))
        x = trial.suggest_float("x", 0.0, 1.0)
        assert model.x in (None, x), "a requeued trial keeps its parameters"
        model.x = x
        step = len(model.reports)
        trial.report(value, step)
        model.reports[step] = value

    @precondition(lambda self: self.held)
    @rule(data=st.data(), pruned=st.booleans())
    def finishes(self, data, pruned):
        worker = data.draw(st.sampled_from(sorted(self.held)))
        trial, model = self.trial(worker)
        state = TrialState.PRUNED if pruned else TrialState.COMPLETE
        values = None if pruned else [1.0]
        finish(self.storage, self.study, trial, self.processes[worker].identity, state=state, values=values)
        model.state = state.name
        del self.held[worker]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), outcome=st.sampled_from(["exception", "interrupted", "divergence"]))
    def ends_without_a_result(self, data, outcome):
        worker = data.draw(st.sampled_from(sorted(self.held)))
        trial, model = self.trial(worker)
        state = requeue(self.storage, trial._trial_id, self.processes[worker].identity, outcome, "why")
        model.exceptions += outcome == "exception"
        fails = outcome == "divergence" or model.exceptions >= MAX_EXCEPTIONS or model.deaths >= MAX_DEATHS
        model.state = "FAIL" if fails else "WAITING"
        assert state.name == model.state
        del self.held[worker]

    @rule(worker=WORKERS)
    def dies_and_is_missed(self, worker):
        process = self.processes[worker]
        process.die()
        reclaimed = reclaim(self.storage, self.study.get_trials(deepcopy=False), lambda _: False)
        number = self.held.pop(worker, None)
        assert [trial.number for trial in reclaimed] == ([] if number is None else [number])
        if number is not None:
            model = self.trials[number]
            model.deaths += 1
            fails = model.deaths >= MAX_DEATHS or model.exceptions >= MAX_EXCEPTIONS
            model.state = "FAIL" if fails else "WAITING"
            # The dead worker turns out to be merely late: it gets nothing.
            with pytest.raises(TrialLost):
                requeue(self.storage, reclaimed[0]._trial_id, process.identity, "exception", "late")
        self.processes[worker] = Process()

    @rule(more=st.integers(0, 2))
    def is_resumed(self, more):
        self.failed_before = self.count("FAIL")
        self.budget = Budget(trials=self.budget.trials + more, failures=self.budget.failures)
        self.budget.store(self.storage, self.study_id)

    @invariant()
    def the_study_is_what_the_model_says(self):
        if not hasattr(self, "trials"):
            return
        trials = self.study.get_trials(deepcopy=False)
        assert [trial.number for trial in trials] == list(range(len(self.trials)))
        assert [trial.state.name for trial in trials] == [model.state for model in self.trials]
        assert [trial.intermediate_values for trial in trials] == [model.reports for model in self.trials]
        assert self.count(*FINISHED) <= self.budget.trials

    def teardown(self):
        if hasattr(self, "processes"):
            for process in self.processes:
                process.die()
            self.storage.engine.dispose()
            self.folder.cleanup()


TestClaims = Claims.TestCase
TestClaims.settings = settings(
    max_examples=30, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
