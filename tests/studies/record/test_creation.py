"""A study that goes on although its file has changed: what is still compared with what."""

import pytest
from optuna.trial import TrialState

from storage import open_storage
from studies.analysis.reproduce import rerun
from studies.errors import StudyError
from studies.record import creation
from studies.spec.resolving import resolve
from studies.spec.study import FORMAT

SPACE = {"x": {"choices": [1.0, 2.0]}, "y": 0.0}


def changed(study, **settings):
    """The study with these settings, the change accepted."""
    spec = study.required_spec().model_validate({**study.required_spec().model_dump(), **settings})
    return creation.create_or_join(study.location, open_storage(study.location), spec, accept_changes=True).stored


def test_results_of_the_old_study_are_not_reused_in_the_new_one(run_here, work):
    # Given a study that has tried all there is, and one that fixes another value
    study, _ = run_here("s", 2, space=SPACE, duplicates="reuse", start=[{"x": 1.0}, {"x": 2.0}])
    assert sorted(trial.value for trial in study.study.get_trials()) == [1.0, 4.0]
    again = changed(study, space={**SPACE, "y": 3.0}, budget={"trials": 4})
    again.required_spec().budget.to_budget().store(again.storage, again.study_id)
    # When it goes on
    work(again, resolve(again.required_spec().objective).load(again.required_spec()))
    # Then what it tries is evaluated, and the old trials cannot be run again as if they were new
    new = again.study.get_trials(states=(TrialState.COMPLETE,))[2:]
    assert {trial.value for trial in new} <= {10.0, 13.0}
    with pytest.raises(StudyError, match="before a change of the study was accepted"):
        rerun(again, 0)
    repeated = rerun(again, 2)
    assert (repeated.identical, repeated.tolerance) == (True, 0.0)


def test_new_start_points_change_nothing_for_the_trials_there_are(run_here):
    study, _ = run_here("s", 2, space=SPACE, sampler="random")
    assert changed(study, start=[{"x": 2.0}]).changed_at == 0


def test_a_changed_seed_is_such_a_change_and_a_study_of_an_older_format_gets_the_new_one(run_here):
    study, _ = run_here("s", 2, space=SPACE, sampler="random")
    study.storage.set_study_system_attr(study.study_id, "studyhall:format", 1)
    again = changed(study, seed=99)
    assert again.changed_at == 2
    assert again.attributes["studyhall:format"] == FORMAT


TABLE = """
objective = "tabular"
data = { dataset = "mine.csv", target = "y" }
budget = { trials = 2 }
[space]
units = { choices = [2, 4] }
[train]
epochs = 1
"""


def test_other_rows_in_the_same_file_are_refused_until_they_are_accepted(place):
    # Given a study of a file, which then gets other rows, as many as before
    table = place.folder / "mine.csv"
    table.write_text("x,y\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(40)))
    (place.folder / "mine.toml").write_text(TABLE)
    assert place.run("launch", "mine.toml").returncode == 0
    table.write_text(table.read_text().replace("39,b", "39,a"))
    # When it is to go on
    for words in ("resume mine --trials 3", "launch mine.toml --trials 3", "rerun mine 0"):
        refused = place.run(*words.split())
        # Then it is refused, and nothing has happened
        assert refused.returncode == 2, words
        assert "mine.csv has changed since study 'mine' began" in refused.stderr
    assert len(place.study("mine").trials) == 2
    # But accepted, the old trials are none of the new ones
    done = place.run("resume", "mine", "--trials", "3", "--accept-changes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.study("mine").trials[2].user_attrs["ended"] == "all epochs"
    assert "before a change of the study was accepted" in place.run("rerun", "mine", "0").stderr
    assert place.run("rerun", "mine", "2").returncode == 0


def test_another_goal_is_refused_even_then(make_study):
    study = make_study(objective="mlp", metric="val_accuracy", directions=("maximize",), data={}, train={})
    study.storage.create_new_trial(study.study_id)
    with pytest.raises(StudyError, match=r"(?s)metric.*--name starts another") as refused:
        changed(study, metric="val_f1")
    assert "--accept-changes" not in str(refused.value)
