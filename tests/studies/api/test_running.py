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
