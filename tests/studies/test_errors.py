"""Every error of ours says what is wrong and what to do next, and is caught by one of three roots."""

import inspect
import pickle

import pytest

import objectives.errors
import storage.errors
import storage.maintenance.copying
import studies.errors
from studies.errors import STUDYHALL_ERRORS, StudyError, StudyFileError

MODULES = (objectives.errors, storage.errors, storage.maintenance.copying, studies.errors)
OURS = {
    found
    for module in MODULES
    for found in vars(module).values()
    if inspect.isclass(found) and issubclass(found, Exception) and found.__name__ != "TrialLost"
}


def test_the_command_line_and_a_notebook_catch_every_error_by_its_root():
    assert StudyFileError in OURS
    assert [error for error in OURS if not issubclass(error, STUDYHALL_ERRORS)] == []


@pytest.mark.parametrize("root", STUDYHALL_ERRORS)
def test_the_hint_follows_the_message(root):
    error = root("the disk is full", "free some room")
    assert (error.message, error.hint, str(error)) == (
        "the disk is full",
        "free some room",
        "the disk is full; free some room",
    )
    assert (str(root("the disk is full")), root("the disk is full").hint) == ("the disk is full", "")


@pytest.mark.parametrize(
    "error",
    [StudyError("no study", "launch one"), StudyFileError("a.toml", [("name", "is missing"), ("", "is bad")])],
)
def test_an_error_crosses_processes_whole(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
