"""What a process loads before it forks is there in its children without reading, as long as the file is the same."""

import os
import time

import numpy as np
import pytest
from helpers.datasets import write_table

from objectives.data import loading, remembered
from objectives.data.loading import load_search_data, share_search_data
from objectives.data.settings import DataSettings

COLUMNS = {"a": [1.5, 2.5, 3.5, 4.5] * 10, "b": ["x", "", "z", "x"] * 10, "y": [0, 1] * 20}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(remembered, "_shared", None)


def settings_of(path, **more):
    return DataSettings(dataset=str(path), target="y", **more)


def in_a_child(settings, seed):
    """The training inputs that a forked process has, and how often it read a file."""
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        try:
            reads = []
            read = loading.read_file
            loading.read_file = lambda *args: reads.append(1) or read(*args)
            data = load_search_data(settings, seed)[0]
            os.write(theirs, bytes([len(reads)]) + data.x_train.tobytes())
        finally:
            os._exit(0)
    os.close(theirs)
    os.waitpid(child, 0)
    with os.fdopen(ours, "rb") as pipe:
        content = pipe.read()
    return np.frombuffer(content[1:], np.float32), content[0]


@pytest.mark.parametrize("evaluation", ["hold-out", "k-fold"])
def test_children_read_nothing_and_have_the_same(tmp_path, evaluation):
    settings = settings_of(write_table(tmp_path / "a.csv", COLUMNS), evaluation=evaluation)
    wanted = load_search_data(settings, 7)[0].x_train
    share_search_data(settings, 7)
    found, reads = in_a_child(settings, 7)
    assert (found == wanted.ravel()).all()
    assert reads == 0


def test_what_was_not_shared_is_read(tmp_path):
    settings = settings_of(write_table(tmp_path / "a.csv", COLUMNS))
    share_search_data(settings, 7)
    assert in_a_child(settings, 8)[1] == 1
    assert in_a_child(settings.model_copy(update={"missing": "drop"}), 7)[1] == 1
    assert load_search_data(settings, 7, fraction=0.5) is not load_search_data(settings, 7)


def test_a_file_that_was_written_since_is_read_again(tmp_path):
    path = write_table(tmp_path / "a.csv", COLUMNS)
    settings = settings_of(path)
    share_search_data(settings, 7)
    time.sleep(0.01)
    write_table(path, {**COLUMNS, "a": [9.5, 2.5, 3.5, 4.5] * 10})
    found, reads = in_a_child(settings, 7)
    assert reads == 1
    assert found.size


def test_what_cannot_be_loaded_is_left_to_those_who_need_it(tmp_path):
    share_search_data(settings_of(tmp_path / "gone.csv"), 7)
    assert remembered._shared is None
