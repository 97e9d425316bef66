"""Studies brought to another storage are the same there, to the last bit, or not there at all."""

import math
import os
import signal
import sqlite3
import time
from contextlib import closing

import optuna
import pytest
import sqlalchemy
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from storage import StorageError, StorageLocation, open_storage
from storage.claims import claim
from storage.maintenance.copying import CopyError, Side, copy_study, refuse_conflicts
from storage.maintenance.integrity import verify
from storage.processes import ProcessIdentity

SPACE = {
    "x": FloatDistribution(1e-9, 1e9, log=True),
    "n": IntDistribution(2, 1024, log=True),
    "step": FloatDistribution(0.0, 1.0, step=0.25),
    "choice": CategoricalDistribution([None, True, 1.5, "gelu", 64]),
}
NAME = "a/b: naïve 数's"


def trial(state, *, x=1.0, values=None, choice="gelu", **kwargs):
    params = {"x": x, "n": 64, "step": 0.75, "choice": choice}
    return create_trial(state=state, values=values, params=params, distributions=SPACE, **kwargs)


def fill(opened):
    """A study with one of everything; its id."""
    study = opened.create_new_study([StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE], NAME)
    opened.set_study_user_attr(study, "note", {"nested": [1, None, 0.1], "nan": math.nan})
    opened.set_study_system_attr(study, "studyhall:spec", {"name": "a", "space": {"x": [1e-9, 1e9]}})
    curve = {0: math.nan, 1: math.inf, 5: -math.inf, 2**31 - 1: 0.1 + 0.2}
    for template in (
        trial(
            TrialState.COMPLETE, values=[0.1 + 0.2, -math.inf], x=math.nextafter(1.0, 2.0), intermediate_values=curve
        ),
        trial(TrialState.COMPLETE, values=[5e-324, 1.7976931348623157e308], choice=None),
        trial(TrialState.PRUNED, intermediate_values={7: 3.0}, choice=True),
        trial(TrialState.FAIL, user_attrs={"failure": "boom\0 'quoted' \\u0041", "many": "x" * 300_000}, choice=1.5),
    ):
        opened.create_new_trial(study, template)
    running = claim(opened, study, "w", ProcessIdentity.current())
    opened.set_trial_param(running, "x", 0.25, SPACE["x"])
    opened.set_trial_intermediate_value(running, 0, 0.5)
    opened.record_heartbeat(running)
    opened.create_new_trial(study, create_trial(state=TrialState.WAITING, system_attrs={"fixed_params": {"x": 0.5}}))
    return study


def everything(opened, name):
    """The study and its trials as Optuna reads them, in a form in which NaN equals NaN."""
    (frozen,) = (study for study in opened.get_all_studies() if study.study_name == name)
    trials = [
        {key: value for key, value in vars(trial).items() if key != "_trial_id"}
        for trial in opened.get_all_trials(frozen._study_id)
    ]
    return repr([frozen.directions, frozen.user_attrs, frozen.system_attrs, trials])


def rows(path, table):
    """What the table holds besides keys."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [
            {key: row[key] for key in row.keys() if not key.endswith("_id")}  # noqa: SIM118  sqlite3.Row
            for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
        ]


def side(text):
    location = StorageLocation.parse(str(text))
    return Side(location, open_storage(location, create=True))


@pytest.fixture
def source(path):
    made = side(path)
    fill(made.storage)
    yield made
    made.storage.engine.dispose()


@pytest.fixture
def file(tmp_path):
    (tmp_path / "to").mkdir()
    made = side(tmp_path / "to" / "t.db")
    yield made
    made.storage.engine.dispose()


@pytest.fixture
def server(postgresql_server, tmp_path, monkeypatch):
    monkeypatch.setenv("STUDYHALL_FILES", str(tmp_path / "server files"))
    with postgresql_server.database() as url:
        made = side(url)
        yield made
        made.storage.engine.dispose()


def test_a_study_goes_to_a_server_and_back_and_is_the_same(source, server, file):
    folder = source.location.study_files(NAME)
    (folder / "logs" / "empty").mkdir(parents=True)
    (folder / "logs" / "w 1.log").write_bytes(os.urandom(3_000_000))
    (folder / "latest").symlink_to("logs/w 1.log")
    before = everything(source.storage, NAME)
    # When it goes there and back
    there = copy_study(source, server, NAME)
    back = copy_study(server, file, NAME)
    # Then every field is the same in all three, bit by bit
    assert (there.trials, back.trials, there.files, back.files) == (6, 6, 1, 1)
    assert (
        everything(source.storage, NAME) == everything(server.storage, NAME) == everything(file.storage, NAME) == before
    )
    tables = sqlalchemy.inspect(source.storage.engine).get_table_names()
    assert [row["state"] for row in rows(source.location.path, "trials")] == [
        "COMPLETE", "COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING",
    ]  # fmt: skip
    (source_beat,), (file_beat,) = (rows(place.location.path, "trial_heartbeats") for place in (source, file))
    assert file_beat["heartbeat"].startswith(source_beat["heartbeat"])  # SQLite's clock writes no fractions
    for table in set(tables) - {"studies", "study_directions", "version_info", "trial_heartbeats"}:
        assert rows(file.location.path, table) == rows(source.location.path, table)
    # And so are the files
    for place in (server.location, file.location):
        copy = place.study_files(NAME)
        assert (copy / "logs" / "w 1.log").read_bytes() == (folder / "logs" / "w 1.log").read_bytes()
        assert (copy / "logs" / "empty").is_dir()
        assert str((copy / "latest").readlink()) == "logs/w 1.log"
        assert [path.name for path in place.files.iterdir()] == [copy.name]


def test_both_hours_of_the_night_on_which_clocks_go_back_stay_apart(source, file, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    # Given two trials an hour apart, both begun at half past two by the clock on the wall
    with closing(sqlite3.connect(source.location.path)) as connection:
        for number, hour in ((0, 0), (1, 1)):
            begun = f"2026-10-25 0{hour}:30:00.000000"
            connection.execute(
                "UPDATE trials SET datetime_start = ? WHERE study_id = 2 AND number = ?", [begun, number]
            )
        connection.commit()
    copy_study(source, file, NAME)
    monkeypatch.undo()
    time.tzset()
    begun = [row["datetime_start"] for row in rows(file.location.path, "trials")][:2]
    assert begun == ["2026-10-25 00:30:00.000000", "2026-10-25 01:30:00.000000"]


def test_numbers_are_kept_as_they_are_even_where_they_are_wrong(source, file):
    with closing(sqlite3.connect(source.location.path)) as connection:
        connection.execute("UPDATE trials SET number = 41 WHERE number = 3")
        connection.commit()
    copy_study(source, file, NAME)
    assert [trial.number for trial in file.storage.get_all_trials(1)] == [0, 1, 2, 41, 4, 5]


def test_ids_that_are_taken_at_the_target_are_no_hindrance(source, file):
    # Given a target with a study and trials of its own
    file.storage.create_new_study([StudyDirection.MINIMIZE], "first")
    for number in range(3):
        file.storage.create_new_trial(1, create_trial(value=float(number)))
    before = everything(file.storage, "first")
    # When another comes
    copy_study(source, file, NAME)
    # Then both are whole
    assert everything(file.storage, "first") == before
    assert everything(file.storage, NAME) == everything(source.storage, NAME)
    # And the next trial is numbered on
    new = file.storage.create_new_trial(2)
    assert file.storage.get_trial(new).number == 6


@pytest.mark.parametrize("name", ["数" * 300, "x" * 500, "[a]*?", "."])
def test_files_of_a_study_of_any_name_arrive(source, file, name):
    source.storage.create_new_study([StudyDirection.MINIMIZE], name)
    folder = source.location.study_files(name)
    folder.mkdir(parents=True)
    (folder / "log").write_text("x")
    assert copy_study(source, file, name).files == 1
    assert (file.location.study_files(name) / "log").read_text() == "x"
    assert len(list(file.location.files.iterdir())) == 1


def test_only_what_was_asked_for_is_copied(source, file):
    copy_study(source, file, "s")
    assert [study.study_name for study in file.storage.get_all_studies()] == ["s"]
    assert rows(file.location.path, "trials") == []


def test_a_difference_undoes_everything_and_the_source_is_untouched(source, file):
    # Given a target that changes what is written to it
    with closing(sqlite3.connect(file.location.path)) as connection:
        connection.execute(
            "CREATE TRIGGER spoil AFTER INSERT ON trial_params BEGIN "
            "UPDATE trial_params SET param_value = 0.5 WHERE param_id = NEW.param_id AND NEW.param_name = 'step'; END"
        )
    source.location.study_files(NAME).mkdir(parents=True)
    before = everything(source.storage, NAME)
    with pytest.raises(CopyError, match=r'trial 0 of the copy differs in its params: .*"step": 0.75.*"step": 0.5'):
        copy_study(source, file, NAME)
    # Then neither the study nor a file of it is there, and all of it is where it was
    assert file.storage.get_all_studies() == []
    assert list(file.location.files.iterdir()) == []
    assert everything(source.storage, NAME) == before


def test_a_copy_that_is_killed_leaves_nothing_but_what_verify_finds(source, file, processes):
    folder = source.location.study_files(NAME)
    folder.mkdir(parents=True)
    (folder / "log").write_text("x")
    # When it is killed after the last row was written
    call = ("copy_and_die", source.location.path, file.location.path, NAME)
    (result,) = processes.wait(processes.start(call))
    assert result["exitcode"] == -signal.SIGKILL
    # Then there is no study, and its half of the files is known for what it is
    assert file.storage.get_all_studies() == []
    (found,) = verify(file.location)
    assert "was left by an interrupted `storage copy`" in found.text
    assert [finding.repaired for finding in verify(file.location, repair=True)] == [True]
    assert list(file.location.files.iterdir()) == []
    # And it can be begun again
    assert copy_study(source, file, NAME).files == 1


def test_studies_and_folders_that_are_there_already_are_refused(source, file):
    refuse_conflicts(source, file, ["s", NAME])
    file.location.study_files("s").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"t\.files/s is there already, for the files of study 's'; move it away"):
        refuse_conflicts(source, file, [NAME, "s"])
    file.storage.create_new_study([StudyDirection.MINIMIZE], "s")
    with pytest.raises(StorageError, match="has a study 's' already; delete it, or choose with --study"):
        refuse_conflicts(source, file, [NAME, "s"])


def test_a_folder_that_both_would_use_is_refused(source, postgresql_url, monkeypatch):
    monkeypatch.setenv("STUDYHALL_FILES", str(source.location.files))
    target = side(postgresql_url)
    refuse_conflicts(source, target, [NAME])
    source.location.study_files(NAME).mkdir(parents=True)
    with pytest.raises(
        StorageError, match=r"both storages would keep the files of study .* set STUDYHALL_FILES to another"
    ):
        refuse_conflicts(source, target, [NAME])
    target.storage.engine.dispose()


def test_a_study_that_is_written_to_is_copied_as_it_was_at_one_moment(processes, source, file, eventually, tmp_path):
    # Given three processes that work on the study
    enough = tmp_path / "enough"
    pids = processes.start(*[("optimize_until", source.location.path, enough)] * 3)
    eventually(lambda: len(source.storage.get_all_trials(1)) > 4)
    # When it is copied, nobody is in its way, and it is in nobody's
    copied = copy_study(source, file, "s")
    eventually(lambda: len(source.storage.get_all_trials(1)) > copied.trials)
    enough.touch()
    assert [result for result in processes.wait(pids) if result["exitcode"]] == []
    # Then there is no gap in it, and what was finished has all that it reported
    trials = file.storage.get_all_trials(1)
    assert 4 < len(trials) == copied.trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert all(len(t.intermediate_values) == 3 and t.values for t in trials if t.state is TrialState.COMPLETE)


def test_a_thousand_trials_with_curves_are_copied_in_few_statements(path, server):
    # Given a thousand trials of five parameters and fifty epochs
    source = side(path)
    counting = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
    distribution = optuna.distributions.distribution_to_json(SPACE["step"])
    with closing(sqlite3.connect(path)) as connection:
        for statement in (
            "trials (study_id, number, state, datetime_start) SELECT 1, i, 'COMPLETE', '2026-10-25 00:30:00.5' FROM n",
            "trial_values (trial_id, objective, value, value_type) SELECT i + 1, 0, random() / 1e10, 'FINITE' FROM n",
            "trial_params (trial_id, param_name, param_value, distribution_json) "
            f"SELECT trial_id, 'p' || i, 0.25, '{distribution}' FROM trials, n WHERE i < 5",
            "trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) "
            "SELECT trial_id, i, random() / 1e10, 'FINITE' FROM trials, n WHERE i < 50",
        ):
            connection.execute(f"{counting} INSERT INTO {statement}")
        connection.commit()
    statements = []
    sqlalchemy.event.listen(server.storage.engine, "before_cursor_execute", lambda *run: statements.append(run[2]))
    assert copy_study(source, server, "s").trials == 1000
    # Not one for each of the 57,000 rows: the server may be far away.
    assert len(statements) < 500
    source.storage.engine.dispose()
