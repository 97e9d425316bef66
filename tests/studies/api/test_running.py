"""What `resume` and its like refuse when they are called with values, as a notebook does."""

import pytest

from studies import api
from studies.errors import StudyError


def test_a_timeout_that_is_none_is_refused_before_anything_runs(make_study):
    study = make_study(objective="quadratic")
    with pytest.raises(StudyError, match="timeout: found 'soon'; a duration is written"):
        api.resume("s", storage=study.location, timeout="soon")
    assert api.status("s", storage=study.location).budget == study.budget


def test_an_engine_that_is_none_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(StudyError, match="no engine 'slurm'") as caught:
        api.launch("quadratic", engine="slurm", storage=str(tmp_path / "s.db"))
    assert caught.value.hint == "allowed: local"
    assert list(tmp_path.iterdir()) == []


def test_what_a_confirmation_refuses_stays(make_study):
    def keep(report):
        raise LookupError(report.name)

    study = make_study(objective="quadratic")
    with pytest.raises(LookupError, match="s"):
        api.delete("s", storage=study.location, confirm=keep)
    assert [row.name for row in api.list_studies(storage=study.location)] == ["s"]
    api.delete("s", storage=study.location)
    assert api.list_studies(storage=study.location) == []


def test_an_option_that_there_is_not_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(TypeError, match=r"no option 'trails'.*did you mean .trials."):
        api.launch("quadratic", trails=2, storage=tmp_path / "s.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"workers": 0}, "workers.count: found 0"),
        ({"devices": "foo"}, 'workers.devices: found "foo"'),
        ({"workers_per_device": 0}, "workers.per_device: found 0"),
        ({"timeout": -3}, "timeout: found -3; allowed: more than 0 seconds"),
        ({"engine": "slurm"}, "no engine 'slurm'"),
    ],
)
def test_resume_refuses_a_value_with_a_sentence(make_study, given, sentence):
    study = make_study(objective="quadratic")
    with pytest.raises(StudyError, match=sentence):
        api.resume("s", storage=study.location, **given)
    assert api.status("s", storage=study.location).budget == study.budget


def test_paths_and_single_names_may_be_given_as_they_are(make_study, tmp_path):
    study = make_study(objective="quadratic")
    path = study.location.path
    assert api.backup(str(tmp_path / "b.db"), storage=path).trials == {"s": 0}
    assert [row.study for row in api.copy(path, tmp_path / "c.db", studies="s").studies] == ["s"]
