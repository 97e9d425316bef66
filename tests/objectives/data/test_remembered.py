import os

import pytest

from objectives.data import loading
from objectives.data.loading import count_classes, load_dataset
from objectives.data.readers.formats import read_file
from objectives.data.remembered import remembering, take
from objectives.data.settings import DataSettings
from objectives.errors import DataError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(40)))
    return path


def settings(path, **more):
    return DataSettings(dataset=str(path), target="y", **more)


@pytest.fixture
def readings(monkeypatch):
    """One entry for each time that a file is read."""
    read = []
    monkeypatch.setattr(loading, "read_file", lambda *what: read.append(what) or read_file(*what))
    return read


def test_what_was_read_ahead_is_handed_on_once(file, readings):
    with remembering():
        assert count_classes(settings(file)) == 2
        assert len(load_dataset(settings(file)).y) == 40
        assert len(readings) == 1
        load_dataset(settings(file))
        assert len(readings) == 2


def test_nothing_is_held_where_nobody_remembers_and_after_the_block(file):
    count_classes(settings(file))
    assert take(settings(file)) is None
    with remembering():
        count_classes(settings(file))
    assert take(settings(file)) is None


def test_another_question_and_another_file_are_read(file, readings):
    with remembering():
        count_classes(settings(file))
        load_dataset(settings(file, classes=("b", "a")))
        assert len(readings) == 2
        count_classes(settings(file))
        # Replaced by one of the same size, at the same time of change, as a copying program leaves it
        before = file.stat()
        other = file.with_name("u.csv")
        other.write_text(file.read_text().replace("a\n", "c\n"))
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
        other.replace(file)
        assert load_dataset(settings(file)).names == ("b", "c")


def test_what_cannot_be_read_is_not_read_twice(file, readings):
    file.write_text("x,z\n1,2\n")
    with remembering():
        with pytest.raises(DataError) as first:
            count_classes(settings(file))
        with pytest.raises(DataError) as again:
            load_dataset(settings(file))
    assert again.value is first.value
    assert len(readings) == 1
