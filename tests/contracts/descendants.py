"""The part of the engine's contract that is about what a worker starts: nothing of it outlives the worker."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import pytest
from helpers.engine_looks import alive, last_attempt, reports, running_trial
from helpers.paths import HELPERS, ROOT
from helpers.waiting import eventually
from optuna.trial import TrialState

from studies.execution.engines.base import Preparation

MIB = 2**20


class DescendantsContract:
    """Uses the fixtures of ``EngineContract``."""

    @pytest.mark.parametrize("end", ["returns", "dies", "stopped", "killed", "closed"])
    def test_what_a_worker_has_started_ends_before_its_report_comes(self, engine, make_study, order, end):
        study = make_study("with_children")
        behaviour = {"stopped": "reports", "killed": "is deaf", "closed": "is deaf"}.get(end, end)
        engine.start(order(study, STUDY_END=behaviour))
        if end == "stopped":
            running_trial(study)
            engine.stop(0)
        if end == "killed":
            running_trial(study)
            engine.kill(0)
        if end == "closed":
            running_trial(study)
        else:
            reports(engine, 1)
        # A daemon that was forked and has left all that it belonged to ends with the engine at the latest.
        engine.close()
        assert alive(study) == []

    def test_what_a_worker_starts_hears_signals_as_in_a_script(self, engine, make_study, order):
        study = make_study("childs_signals")
        engine.start(order(study))
        reports(engine, 1)
        said = study.study.trials[0].user_attrs
        usual = ["<built-in function default_int_handler>", "<Handlers.SIG_DFL: 0>", "<Handlers.SIG_DFL: 0>"]
        assert [said["program"], said["fork"], said["blocked"]] == [str(usual), str(usual), []]

    @pytest.mark.parametrize("behaviour", ["reports", "is deaf"])
    def test_a_worker_ends_with_what_it_has_started_when_its_supervisor_is_killed(
        self, engine_type, make_study, order, tmp_path, behaviour
    ):
        study = make_study("with_children")
        preparation = Preparation(environment={}, log=tmp_path / "engine.log", grace_seconds=0.5)
        said = tmp_path / "order"
        said.write_bytes(pickle.dumps((preparation, order(study, STUDY_END=behaviour))))
        program = str(HELPERS / "supervisor_to_kill.py")
        supervisor = subprocess.Popen(
            [sys.executable, "-P", program, f"{engine_type.__module__}:{engine_type.__name__}", str(said)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )
        worker = last_attempt(running_trial(study)).process
        supervisor.kill()
        supervisor.wait()
        eventually(lambda: worker.is_alive() is False)
        eventually(lambda: alive(study) == [])
        if behaviour == "reports":
            assert [trial.state for trial in study.study.trials] == [TrialState.WAITING]
