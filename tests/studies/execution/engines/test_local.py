"""The engine of this machine keeps the contract of engines."""

import contextlib
import os
import signal
import subprocess
import sys

import psutil
import pytest
from contracts.engine import EngineContract
from helpers.engine_looks import last_attempt, living, reports, running_trial
from helpers.paths import HELPERS, ROOT

from studies.execution.engines.base import Preparation
from studies.execution.engines.local import LocalEngine


class TestLocalEngine(EngineContract):
    @pytest.fixture
    def engine_type(self):
        return LocalEngine

    # --- a worker that cannot start --------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            (lambda path, patch: patch.setattr(sys, "executable", str(path / "gone")), "gone: No such file"),
            (lambda path, patch: (path / "engine.log").mkdir(), "engine.log: Is a directory"),
            (lambda path, patch: (path / "logs").touch(), "logs: "),
        ],
        ids=["no Python", "no log of the server", "no log of the worker"],
    )
    def test_what_the_operating_system_says_is_reported(
        self, engine, make_study, order, tmp_path, monkeypatch, spoil, words
    ):
        study = make_study("quick")
        spoil(tmp_path, monkeypatch)
        engine.start(order(study))
        assert engine.running() == {0}
        (report,) = reports(engine, 1)
        assert (report.ending, report.process) == ("cannot start", None)
        assert words in report.detail

    @pytest.mark.parametrize(
        ("line", "ending", "cause"),
        [
            ("os._exit(3)", "cannot start", "exit code 3"),
            ("os.kill(os.getpid(), signal.SIGSEGV)", "cannot start", "SIGSEGV"),
            # Somebody, such as a kernel without memory, has killed it: another one may live
            ("os.kill(os.getpid(), signal.SIGKILL)", "died", "SIGKILL"),
        ],
    )
    def test_a_server_that_ends_as_it_imports_is_told_from_one_that_was_killed(
        self, make_study, order, tmp_path, line, ending, cause
    ):
        study = make_study("quick")
        (tmp_path / "tensorflow.py").write_text(f"import os, signal\nprint('as it imports', flush=True)\n{line}\n")
        log = tmp_path / "engine.log"
        engine = LocalEngine(Preparation(environment={"PYTHONPATH": str(tmp_path)}, frameworks=["tensorflow"], log=log))
        engine.start(order(study))
        (report,) = reports(engine, 1)
        engine.close()
        assert (report.ending, cause in report.detail) == (ending, True)
        assert log.read_text() == "as it imports\n"
        assert (str(log) in report.detail) is (ending == "cannot start")

    @pytest.mark.parametrize("ask", [LocalEngine.stop, LocalEngine.kill, LocalEngine.close])
    def test_nobody_waits_for_imports_that_are_not_wanted_any_more(self, make_study, order, tmp_path, ask):
        study = make_study("quick")
        (tmp_path / "tensorflow.py").write_text("import time\ntime.sleep(3600)\n")
        preparation = Preparation(
            environment={"PYTHONPATH": str(tmp_path)}, frameworks=["tensorflow"], log=tmp_path / "engine.log"
        )
        engine = LocalEngine(preparation)
        engine.start(order(study))
        assert engine.poll(0.5) == []
        if ask is LocalEngine.close:
            engine.close()
            assert engine.running() == set()
            return
        ask(engine, 0)
        (report,) = reports(engine, 1)
        engine.close()
        assert report.ending == "died"

    def test_a_signal_amid_another_does_not_hold_a_worker_up(self, engine, make_study, order):
        study = make_study("until_stopped")
        engine.start(order(study))
        worker = last_attempt(running_trial(study)).process.pid
        with contextlib.suppress(ProcessLookupError):  # it may end before
            for _ in range(200_000):
                os.kill(worker, signal.SIGTERM)
        (report,) = reports(engine, 1)
        assert report.ending == "stopped"

    # --- a server that is killed -----------------------------------------------------------------------------

    def test_workers_outlive_their_server_and_another_one_starts_the_next(self, engine, make_study, order, eventually):
        study = make_study("with_children", trials=3)
        engine.start(order(study, 0, STUDY_END="reports"))
        first = running_trial(study)
        (server,) = (one for one in psutil.Process().children() if "fork_server" in " ".join(one.cmdline()))
        server.send_signal(signal.SIGKILL)
        eventually(lambda: not living([server.pid]))
        assert engine.poll(0.5) == []
        engine.start(order(study, 1, STUDY_END="is deaf"))
        eventually(lambda: len(study.study.trials) == 2 and study.study.trials[1].intermediate_values)
        engine.stop(0)
        (report,) = reports(engine, 1)
        assert report.slot == 0
        # What it has started ended with it, but for the daemon that nobody knows
        children = first.user_attrs["children"]
        assert living(children) in ([], [children[-1]])
        for pid in living(children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_script_that_launches_is_not_run_again_by_its_workers(tmp_path):
    script = [sys.executable, "-P", str(HELPERS / "unguarded_launch.py"), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(script, capture_output=True, text=True, check=False, env=environment)
    assert done.stderr.splitlines()[-1] == "BUDGET_REACHED"
    assert (tmp_path / "runs.txt").read_text() == "run\n"
