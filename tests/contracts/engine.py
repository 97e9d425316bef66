"""The contract of an engine, for whoever writes one: subclass it, and say which engine in one fixture.

class TestMyEngine(EngineContract):
    @pytest.fixture
    def engine_type(self):
        return MyEngine
"""

from __future__ import annotations

import os
import signal

import psutil
import pytest
from contracts.descendants import DescendantsContract
from helpers.engine_looks import last_attempt, owners, reports, running_trial
from helpers.paths import HELPERS
from helpers.waiting import eventually
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from storage.attempts import attempts_of
from storage.claims import reclaim
from studies.execution.devices import SlotRequest
from studies.execution.engines.base import Preparation
from studies.execution.messages import WorkerOrder
from studies.execution.supervisor import Supervisor
from studies.record.creation import create_or_join
from studies.spec.settings import WorkerSettings
from studies.spec.study import StudySpec

OBJECTIVES = HELPERS / "engine_objectives.py"
MIB = 2**20


class EngineContract(DescendantsContract):
    """Starts real workers on a study in a file. Every test has a study and an engine of its own."""

    @pytest.fixture
    def engine_type(self):
        """The engine under test."""
        raise NotImplementedError

    @pytest.fixture
    def engine(self, engine_type, tmp_path):
        engine = engine_type(Preparation(environment={}, log=tmp_path / "engine.log"))
        yield engine
        engine.close()

    @pytest.fixture
    def make_study(self, tmp_path):
        """A study that evaluates one of the functions of `engine_objectives.py`."""

        def make(function, trials=1, **budget):
            location = StorageLocation(tmp_path / "s.db")
            spec = StudySpec(
                name="s", objective=f"{OBJECTIVES}:{function}", seed=7, budget={"trials": trials, **budget}
            )
            return create_or_join(location, open_storage(location, create=True), spec).stored

        return make

    @pytest.fixture
    def order(self, tmp_path):
        """An order for the worker of a slot."""

        def make(study, slot=0, **environment):
            return WorkerOrder(
                slot=slot,
                worker=f"w-{slot}",
                device="a test's",
                location=study.location,
                study=study.name,
                failed_before=0,
                environment=environment,
                log=tmp_path / "logs" / f"w-{slot}.log",
            )

        return make

    # --- slots -----------------------------------------------------------------------------------------------

    def test_there_is_a_slot_for_each_worker_and_it_says_what_it_is(self, engine_type):
        slots = engine_type.find_slots(SlotRequest(workers=3, devices="none", threads=1))
        assert [slot.number for slot in slots] == [0, 1, 2]
        assert all(slot.device for slot in slots)
        assert [slot.threads for slot in slots] == [1, 1, 1]

    def test_an_empty_slot_has_no_process_no_memory_and_nothing_to_stop(self, engine):
        assert engine.running() == set()
        assert engine.process(0) is None
        assert engine.memory(0) is None
        engine.stop(0)
        engine.kill(0)
        assert engine.poll(0.0) == []

    # --- a worker that comes to its end ----------------------------------------------------------------------

    def test_a_worker_works_until_the_budget_is_reached_and_reports_it_once(self, engine, make_study, order):
        study = make_study("quick", trials=3)
        engine.start(order(study))
        assert engine.running() == {0}
        (report,) = reports(engine, 1)
        assert (report.slot, report.ending) == (0, "budget reached")
        trials = study.study.get_trials()
        assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 3
        assert {last_attempt(trial).process for trial in trials} == {report.process}
        assert {last_attempt(trial).worker for trial in trials} == {"w-0"}
        assert engine.running() == set()
        assert engine.poll(0.0) == []

    def test_an_order_says_the_workers_environment_and_where_its_output_goes(self, engine, make_study, order):
        study = make_study("quick")
        told = order(study, STUDY_MARK="of the slot")
        engine.start(told)
        reports(engine, 1)
        assert study.study.trials[0].user_attrs["marked"] == "of the slot"
        assert "trial 0 was here" in told.log.read_text()

    def test_slots_are_filled_independently_and_again(self, engine, make_study, order):
        study = make_study("quick", trials=4)
        for _ in range(2):
            engine.start(order(study, 0))
            engine.start(order(study, 1))
            assert {report.slot for report in reports(engine, 2)} == {0, 1}
        assert [trial.state for trial in study.study.get_trials()] == [TrialState.COMPLETE] * 4

    def test_a_worker_that_cannot_work_says_why(self, engine, make_study, order):
        study = make_study("quick")
        study.storage.delete_study(study.study_id)
        engine.start(order(study))
        (report,) = reports(engine, 1)
        assert report.ending == "unusable"
        assert "no study 's'" in report.detail

    # --- a worker at work ------------------------------------------------------------------------------------

    def test_a_stopped_worker_gives_its_trial_back_with_its_reports(self, engine, make_study, order):
        study = make_study("until_stopped")
        engine.start(order(study))
        trial = running_trial(study)
        assert engine.process(0) == last_attempt(trial).process
        assert engine.process(0).is_alive()
        engine.stop(0)
        (report,) = reports(engine, 1)
        assert report.ending == "stopped"
        (trial,) = study.study.get_trials()
        assert (trial.state, last_attempt(trial).outcome) == (TrialState.WAITING, "interrupted")
        assert trial.intermediate_values

    def test_a_killed_worker_is_reported_dead_and_its_trial_can_be_reclaimed(self, engine, make_study, order):
        study = make_study("deaf")
        engine.start(order(study))
        process = last_attempt(running_trial(study)).process
        engine.kill(0)
        (report,) = reports(engine, 1)
        assert (report.ending, report.process) == ("died", process)
        assert report.detail
        assert process.is_alive() is False
        assert engine.process(0) is None
        assert len(reclaim(study.storage, study.study.get_trials(), lambda _: False)) == 1

    def test_the_memory_of_a_worker_is_measured(self, engine, make_study, order):
        study = make_study("large")
        engine.start(order(study))
        running_trial(study)
        assert 200 * MIB < engine.memory(0) < 20_000 * MIB

    def test_closing_ends_whatever_runs(self, engine, make_study, order):
        study = make_study("deaf", trials=2)
        for slot in (0, 1):
            engine.start(order(study, slot))
        eventually(lambda: len(owners(study)) == 2)
        processes = owners(study)
        engine.close()
        assert engine.running() == set()
        assert [process.is_alive() for process in processes] == [False, False]

    def test_what_a_worker_shares_with_its_children_counts_once(self, engine, make_study, order):
        study = make_study("shares")
        engine.start(order(study))
        running_trial(study)
        eventually(lambda: len(psutil.Process(engine.process(0).pid).children()) == 4)
        assert 200 * MIB < engine.memory(0) < 600 * MIB

    # --- a whole launch --------------------------------------------------------------------------------------

    def test_a_supervisor_brings_a_study_to_its_end_over_a_death(self, engine, engine_type, make_study, tmp_path):
        study = make_study("deadly", trials=4)
        slots = engine_type.find_slots(SlotRequest(workers=2, devices="none", threads=1))
        slots = [
            type(slot)(**{**vars(slot), "environment": {**slot.environment, "STUDY_ONCE": str(tmp_path / "once")}})
            for slot in slots
        ]
        outcome = Supervisor(
            stored=study,
            engine=engine,
            slots=slots,
            view=lambda progress: None,
            cooperative=True,
            workers=WorkerSettings(count=2),
        ).run()
        assert outcome.ended.name == "BUDGET_REACHED"
        trials = study.study.get_trials()
        assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 4
        outcomes = sorted(attempt.outcome for trial in trials for attempt in attempts_of(trial.system_attrs))
        assert outcomes == ["complete"] * 4 + ["death"]

    def test_a_worker_that_never_reports_does_not_hold_up_the_end(self, engine, engine_type, make_study):
        study = make_study("silent", grace=0)

        def view(progress):
            if progress.running and not told:
                told.append(signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGTERM)

        told = []
        outcome = Supervisor(
            stored=study,
            engine=engine,
            slots=engine_type.find_slots(SlotRequest(workers=1, devices="none", threads=1)),
            view=view,
            cooperative=True,
            workers=WorkerSettings(count=1),
        ).run()
        assert outcome.ended.name == "TERMINATED"
        (trial,) = study.study.trials
        assert (trial.state, last_attempt(trial).outcome) == (TrialState.WAITING, "interrupted")
