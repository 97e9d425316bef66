"""What a worker compares before its first trial, and that it waits for the first that loads."""

import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from studies.errors import SourceChanged, StudyError
from studies.execution.messages import WorkerOrder
from studies.execution.worker import work
from studies.record.fingerprint import check_source
from studies.record.loading import LoadingInterrupted, loaded
from studies.record.sessions import Session

pytestmark = pytest.mark.usefixtures("unchanged_interpreter")

OBJECTIVE = "from helper_beside import x\ndef objective(trial):\n    return x\n"


def order_for(study):
    return WorkerOrder(
        slot=0,
        worker="launch-0",
        device="CPU",
        location=study.location,
        study=study.name,
        failed_before=0,
        environment={},
        log=Path(os.devnull),
    )


@pytest.fixture
def own(tmp_path, make_study):
    """A study of a file that imports another, as its launch has noted it."""
    (tmp_path / "helper_beside.py").write_text("x = 1.0\n")
    (tmp_path / "own_objective.py").write_text(OBJECTIVE)
    study = make_study("own", objective=f"{tmp_path / 'own_objective.py'}:objective")
    check_source(study, accept=False)
    return study


@pytest.mark.parametrize("name", ["helper_beside.py", "own_objective.py"])
def test_a_worker_that_meets_another_file_runs_no_trial(own, tmp_path, name):
    path = tmp_path / name
    path.write_text(path.read_text() + "y = 2\n")
    report = work(order_for(own), lambda: None)
    assert report.ending == "changed"
    assert (
        f"{name}{':objective' if name.startswith('own') else ''} has changed since study 'own' began" in report.detail
    )
    assert own.study.get_trials() == []


def test_a_file_that_is_gone_or_new_is_named(own, tmp_path):
    (tmp_path / "helper_beside").mkdir()
    (tmp_path / "helper_beside" / "__init__.py").write_text("x = 1.0\n")
    with pytest.raises(SourceChanged, match=r"helper_beside.py is gone, .*helper_beside/__init__.py is new since"):
        check_source(own, accept=False)


def test_what_is_written_while_it_is_loaded_is_met_as_well(own, tmp_path):
    (tmp_path / "own_objective.py").write_text(
        f"{OBJECTIVE}from pathlib import Path\nPath(__file__).with_name('helper_beside.py').write_text('x = 3.0')\n"
    )
    check_source(own, accept=True)
    assert work(order_for(own), lambda: None).ending == "changed"
    assert own.study.get_trials() == []


def test_a_module_that_a_trial_imports_late_is_compared_then(tmp_path, make_study):
    # Given an objective whose second trial imports what the first did not
    late = tmp_path / "late_helper.py"
    late.write_text("x = 1.0\n")
    (tmp_path / "late_objective.py").write_text(
        "from pathlib import Path\n"
        "def objective(trial):\n"
        "    if trial.number:\n        import late_helper\n        return late_helper.x\n"
        f"    Path({str(late)!r}).write_text('x = 2.0')\n    return 1.0\n"
    )
    study = make_study("late", objective=f"{tmp_path / 'late_objective.py'}:objective", budget={"trials": 3})
    check_source(study, accept=False)
    # When that is edited before
    report = work(order_for(study), lambda: None)
    # Then the second trial is not finished with it
    assert report.ending == "changed"
    assert [trial.value for trial in study.study.get_trials()] == [1.0, None]


def test_data_that_were_replaced_end_the_worker_before_it_loads_them(tmp_path, make_study):
    data = tmp_path / "d.csv"
    data.write_text("a,y\n" + "1,yes\n2,no\n" * 20)
    study = make_study("data", objective="tabular", data={"dataset": str(data), "target": "y"}, metric="val_accuracy")
    check_source(study, accept=False)
    data.write_text("a,y\n" + "2,yes\n1,no\n" * 20)
    report = work(order_for(study), lambda: None)
    assert report.ending == "changed"
    assert "d.csv has changed since study 'data' began" in report.detail
    assert study.study.get_trials() == []


def test_a_study_of_before_knows_its_file_alone_until_it_is_resumed(own, tmp_path):
    # Given what was noted before there were other files
    note = {key: own.attributes["studyhall:source"][key] for key in ("sha256", "text")}
    own.storage.set_study_system_attr(own.study_id, "studyhall:source", note)
    (tmp_path / "helper_beside.py").write_text("x = 2.0\n")
    # Then it goes on, and holds to what it has met
    check_source(own, accept=False)
    (tmp_path / "helper_beside.py").write_text("x = 3.0\n")
    with pytest.raises(SourceChanged):
        check_source(own, accept=False)


def test_changes_are_not_accepted_while_workers_run_with_what_was(own, tmp_path):
    session = Session(own.storage, own.study_id, 1)
    (tmp_path / "helper_beside.py").write_text("x = 2.0\n")
    with pytest.raises(StudyError, match="`studyhall stop own` first"):
        check_source(own, accept=True)
    session.end()
    check_source(own, accept=True)


def _hold(path, holding, let_go):
    with path.open("a") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        holding.set()
        let_go.wait()


def test_a_worker_waits_for_the_first_and_stops_where_it_is_told(own, eventually):
    spawn = multiprocessing.get_context("spawn")
    holding, let_go = spawn.Event(), spawn.Event()
    path = own.files / "loading.lock"
    path.parent.mkdir(parents=True)
    first = spawn.Process(target=_hold, args=(path, holding, let_go))
    first.start()
    holding.wait()
    asked = []

    def interruption():
        asked.append(True)
        return "asked to stop" if len(asked) == 3 else None

    with pytest.raises(LoadingInterrupted), loaded(own, "launch", interruption):
        pass
    assert work(order_for(own), lambda: "asked to stop").ending == "stopped"
    # Once the first is dead, nobody waits
    first.kill()
    first.join()
    with loaded(own, "launch", lambda: None) as objective:
        assert objective(None) == 1.0


def test_once_a_worker_of_the_launch_has_loaded_it_all_load_at_once(own):
    for launch in ("one", "one", "two"):
        with loaded(own, launch, lambda: None):
            assert (own.files / "loading.lock").read_text() == launch


def test_a_worker_that_has_nothing_to_do_loads_nothing(own, tmp_path):
    assert work(order_for(own), lambda: None).ending == "budget reached"
    (tmp_path / "own_objective.py").unlink()
    assert work(order_for(own), lambda: None).ending == "budget reached"
