"""A study on a PostgreSQL server, and `storage verify`, `backup` and `copy`, with the real command."""

from __future__ import annotations

import json
import re

import optuna
import pytest
from optuna.trial import TrialState

from storage import StorageLocation, open_storage
from storage.checkpoints import checkpoint_of
from studies.commands.app import run

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@pytest.fixture
def server_url(postgresql_server):
    with postgresql_server.database() as url:
        yield url


def test_a_whole_study_on_a_server(place, server_url):
    # When four workers share 40 trials on a server
    at = ("--storage", server_url)
    done = place.run("launch", "quadratic", "--workers", "4", "--trials", "40", *at)
    # Then exactly those are finished, as stock Optuna reads them too
    assert done.returncode == 0, done.stderr
    trials = optuna.load_study(study_name="quadratic", storage=server_url).trials
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert sum(trial.state in FINISHED for trial in trials) == 40
    # And every command finds them there
    assert place.json("status", "quadratic", *at)["finished"] == 40
    best = min(trial.value for trial in trials if trial.state is TrialState.COMPLETE)
    assert place.json("best", "quadratic", *at)["values"] == [best]
    assert [(row["name"], row["finished"]) for row in place.json("list", *at)] == [("quadratic", 40)]
    assert place.json("storage", "verify", *at)["sound"] is True
    told = [
        done,
        *(place.run(*words, *at) for words in (["list"], ["show", "quadratic"], ["delete", "quadratic", "--yes"])),
    ]
    assert [each.returncode for each in told] == [0] * 4
    assert place.json("list", *at) == []
    # And nobody has shown the password, nor kept it in a file
    assert not any("s3cret" in each.stdout + each.stderr for each in told)
    assert "postgresql://eva:***@" in done.stdout
    kept = [path for path in place.folder.rglob("*") if path.is_file() and b"s3cret" in path.read_bytes()]
    assert kept == []
    assert not place.database.exists()


def test_what_a_crash_left_is_found_and_repaired_and_a_living_study_is_left_alone(place, eventually):
    # Given a study whose supervisor and workers were all killed
    launched = place.start("launch", "mine.py:slow", "--workers", "2", "--trials", "200")
    eventually(lambda: sum(state in FINISHED for state in place.states("slow")) >= 3)
    # (while it ran, there was nothing to repair)
    alive = place.json("storage", "verify", "--repair")
    assert alive == {"storage": place.url, "sound": True, "findings": []}
    place.kill_everything(launched)
    launched.wait()
    eventually(lambda: place.run("storage", "verify").returncode == 1)
    location = StorageLocation(place.database)
    checkpoint_of(location.study_files("slow") / "checkpoints", 999).save(b"state")
    # When it is verified, everything is told in a table
    running = place.states("slow").count(TrialState.RUNNING)
    found = place.run("storage", "verify")
    assert found.returncode == 1
    assert len(re.findall(r"^running +fault +trial \d+ of study 'slow' is RUNNING, but its worker \S+ is gone *$",
                          found.stdout, re.MULTILINE)) == running > 0  # fmt: skip
    assert re.search(r"^checkpoint +fault +\S.*/trial-999\.checkpoint is of no trial", found.stdout, re.MULTILINE)
    assert f"{running + 1} fault(s); `studyhall storage verify --repair`" in found.stdout
    # And --repair leaves nothing of it
    repaired = place.json("storage", "verify", "--repair")
    assert repaired["sound"] is True
    assert [row["repaired"] for row in repaired["findings"]] == [True] * (running + 1)
    assert TrialState.RUNNING not in place.states("slow")
    assert place.json("storage", "verify")["findings"] == []


def test_a_backup_beside_a_launch_and_a_copy_that_goes_on_by_itself(place, eventually, server_url):
    place.variables["STUDYHALL_FILES"] = str(place.folder / "server files")
    # Given a study that runs until it is let go
    launched = place.start("launch", "mine.py:held", "--workers", "2", "--trials", "10")
    eventually(lambda: sum(state in FINISHED for state in place.states("held")) >= 2)
    # When it is backed up, that works beside it; copied it is only when that is meant
    backed_up = place.json("storage", "backup", "monday.db")
    assert backed_up["trials"]["held"] >= 2
    refused = place.run("storage", "copy", "studyhall.db", "other.db")
    assert (refused.returncode, "study 'held' is running; `studyhall stop held`" in refused.stderr) == (2, True)
    assert not (place.folder / "other.db").exists()
    forced = place.json("storage", "copy", "studyhall.db", "other.db", "--force")
    assert [row["study"] for row in forced["studies"]] == ["held"]
    (place.folder / "go").touch()
    output, _ = launched.communicate()
    assert launched.returncode == 0, output
    # What ran as the backup was made has no worker any more
    assert place.json("storage", "verify", "--storage", "monday.db", "--repair")["sound"] is True
    # When the finished study is copied to a server and back, it goes on there, and the first has what it had
    before = place.study("held").trials
    for copy in (["studyhall.db", server_url], [server_url, "back.db"]):
        copied = place.run("storage", "copy", *copy)
        assert copied.returncode == 0, copied.stderr
        assert re.search(r"^held +10 +\d+ *$", copied.stdout, re.MULTILINE)
        assert "s3cret" not in copied.stdout
    done = place.run("resume", "held", "--trials", "11", "--storage", "back.db")
    assert done.returncode == 0, done.stderr
    assert place.json("status", "held", "--storage", "back.db")["finished"] == 11
    assert (place.folder / "back.files" / "held" / "logs").is_dir()
    assert place.study("held").trials == before
    # And what is there already is refused
    again = place.run("storage", "copy", "studyhall.db", "back.db", "--study", "held")
    assert (again.returncode, "has a study 'held' already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["verify"], 2, "there is no database at"),
        (["backup", "b.db"], 2, "there is no database at"),
        (["backup"], 2, "DST"),
        (["copy", "studyhall.db"], 2, "DST"),
        (["copy", "studyhall.db", "b.db"], 2, "there is no database at"),
        (["copy", "empty.db", "./empty.db"], 2, "SRC and DST are the same storage"),
        (["copy", "empty.db", "b.db", "--study", "nothing"], 2, "no study 'nothing'"),
        (["backup", "b.db", "--storage", "postgresql://eva:s3cret@db/d"], 2, "`studyhall storage copy` brings it into"),
    ],
)
def test_wrong_usage_is_a_sentence(tmp_path, monkeypatch, capsys, words, code, sentence):
    monkeypatch.chdir(tmp_path)
    if "empty.db" in words:
        open_storage(StorageLocation(tmp_path / "empty.db"), create=True).engine.dispose()
    assert run(["storage", *words]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert "s3cret" not in told
    assert "Traceback" not in told


def test_a_damaged_database_is_exit_code_1(place):
    place.run("launch", "quadratic", "--trials", "3")
    with place.database.open("r+b") as file:
        file.truncate(place.database.stat().st_size // 2)
    done = place.run("storage", "verify", "--repair", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0]["kind"] == "file"
