"""A table as a data set: all faults at once, gaps, dates, oddities, and the report of the columns."""

import datetime as dt

import numpy as np
import pytest
from helpers.datasets import dataset_of, write_table

from objectives.data.loading import load_search_data
from objectives.data.settings import DataSettings
from objectives.errors import DataError

ROWS = 40
Y = {"y": [0, 1] * (ROWS // 2)}


def test_all_that_is_wrong_is_said_at_once_with_one_line_that_leaves_it_out(tmp_path):
    columns = {
        "id": [f"n{row}" for row in range(ROWS)],
        "day": ["2024-01-02"] * ROWS,
        "amount": ["1,5"] * ROWS,
        "mixed": ["many", *[1] * (ROWS - 1)],
        "sound": [1.5, 2.5] * (ROWS // 2),
    }
    path = write_table(tmp_path / "a.csv", {**columns, "gone": [7] * ROWS, **Y})
    with pytest.raises(DataError) as raised:
        dataset_of(path, target="y", ignore=["gone"])
    assert "4 columns that cannot be learned from" in str(raised.value)
    assert all(f'column "{name}"' in str(raised.value) for name in ("id", "day", "amount", "mixed"))
    assert 'ignore = ["gone", "id", "day", "amount", "mixed"]' in str(raised.value)
    assert dataset_of(path, target="y", ignore=["gone", "id", "day", "amount", "mixed"]).x.shape == (ROWS, 1)


@pytest.mark.parametrize(
    "key", ["target", "text", "ignore", "categories", "numbers", "dates", "words", "group", "time"]
)
def test_a_column_that_is_not_there_is_named_with_its_key(tmp_path, key):
    path = write_table(tmp_path / "a.csv", {"colour": [1, 2] * 20, **Y})
    name = "color" if key in ("target", "text", "group", "time") else ["color"]
    with pytest.raises(DataError, match=rf'data\.{key} = "color": .* no such column.* did you mean "colour"'):
        dataset_of(path, **{"target": "y", key: name})


def test_dates_become_their_parts_where_a_study_says_so(tmp_path):
    moments = [f"2024-{1 + row % 12:02}-{1 + row % 28:02} {row % 24:02}:30" for row in range(ROWS)]
    path = write_table(tmp_path / "a.csv", {"when": moments, "a": [1, 2] * 20, **Y})
    rows = dataset_of(path, target="y", dates=["when"])
    assert [one.name for one in rows.features] == ["when month", "when weekday", "when hour", "a"]  # one year
    assert rows.x[0].tolist() == [1, 0, 0, 1]  # the first of January 2024 was a Monday
    assert rows.x[13].tolist() == [2, 2, 13, 2]


@pytest.mark.parametrize(
    ("column", "word"),
    [
        (list(range(1, ROWS + 1)), "has every number of an interval once"),
        (list(range(ROWS, 0, -1)), "has every number of an interval once"),
        (["same"] * ROWS, "is the same in every row"),
        ([5] * ROWS, "is the same in every row"),
        (["no", "yes"] * 20, "has one value for each class"),
        ([3, 8] * 20, "has one value for each class"),
    ],
    ids=["count", "count down", "one text", "one number", "answer in words", "answer in numbers"],
)
def test_columns_that_tell_the_answer_or_nothing_are_pointed_out(tmp_path, column, word):
    path = write_table(tmp_path / "a.csv", {"odd": column, "a": [1.5, 2.5, 3.5, 4.5] * 10, **Y})
    [note] = dataset_of(path, target="y").notes
    assert 'column "odd"' in note
    assert word in note


def test_a_copy_of_an_amount_is_pointed_out(tmp_path):
    amounts = [row * 1.25 for row in range(ROWS)]
    path = write_table(tmp_path / "a.csv", {"copy": amounts, "a": [1, 2] * 20, "y": amounts})
    assert "is the same as the target in every row" in dataset_of(path, target="y").notes[0]


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "__index_level_0__", "level_0"])
def test_an_index_is_left_out_with_a_word_unless_the_study_wants_it(tmp_path, name):
    path = write_table(tmp_path / "a.csv", {name: [*range(1, ROWS), 0], "a": [1.5, 2.5, 3.5, 4.5] * 10, **Y})
    rows = dataset_of(path, target="y")
    assert (rows.x.shape, rows.notes) == ((ROWS, 1), (f'column "{name}" is the index of the file, and is left out',))
    assert dataset_of(path, target="y", numbers=[name]).x.shape == (ROWS, 2)
    assert dataset_of(path, target="y", ignore=[name]).notes == ()


def test_a_column_called_like_an_index_that_is_none_is_learned_from_with_a_word(tmp_path):
    path = write_table(tmp_path / "a.csv", {"Unnamed: 0": [1, 1, 3, 4] * 10, "a": [1.5, 2.5, 3.5, 4.5] * 10, **Y})
    rows = dataset_of(path, target="y")
    assert rows.x.shape == (ROWS, 2)
    assert "called like an index of pandas" in rows.notes[0]


def test_more_than_a_hundred_categories_leave_the_frequent_ones_and_the_others(tmp_path):
    names = [f"c{row % 50}" if row < 600 else f"rare{row % 75}" for row in range(750)]
    path = write_table(tmp_path / "a.csv", {"city": names, "y": [0, 1] * 375})
    splits = load_search_data(DataSettings(dataset=str(path), target="y"), seed=1)
    data = splits[0]
    assert data.x_train.shape[1] == 100
    assert (data.x_train.sum(axis=1) == 1).all()
    report = next(one for one in splits.dataset.columns if one.name == "city")
    assert report.becomes == "the 99 most frequent categories and the other 26"


def test_every_column_is_reported(tmp_path):
    columns = {"": range(ROWS), "skip": range(ROWS), "size": ["", *[1.5, 2.5] * 19, 3], "who": ["a", "b"] * 20, **Y}
    rows = dataset_of(write_table(tmp_path / "a.csv", columns), target="y", ignore=["skip"], group="who")
    assert [(one.name, one.kind, one.role, one.distinct, one.missing, one.example) for one in rows.columns] == [
        ("", "number", "ignored", ROWS, 0, "0"),
        ("skip", "number", "ignored", ROWS, 0, "0"),
        ("size", "number", "feature", 3, 1, "1.5"),
        ("who", "category", "group", 2, 0, "a"),
        ("y", "number", "target", 2, 0, "0"),
    ]
    assert rows.groups.tolist() == [0, 1] * 20


@pytest.mark.parametrize("column", [list(range(ROWS)), [f"2024-01-{1 + row % 28:02}" for row in range(ROWS)]])
def test_time_orders_the_rows(tmp_path, column):
    rows = dataset_of(
        write_table(tmp_path / "a.csv", {"t": column, "a": [1.5, 2.5, 3.5, 4.5] * 10, **Y}), target="y", time="t"
    )
    assert rows.x.shape == (ROWS, 1)
    assert (np.argsort(rows.times, kind="stable") == np.argsort(column, kind="stable")).all()


def test_texts_are_counted_in_the_rows_that_are_left(tmp_path):
    # Half of the rows have no label, and these alone have no ticket.
    rows = [("", "", row) if row % 2 else (f"t{row % 300}", row % 4 // 2, row) for row in range(1200)]
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("ticket", "y", "a"))}
    found = dataset_of(write_table(tmp_path / "a.csv", columns), target="y")
    assert found.columns[0].becomes == "the 99 most frequent categories and the other 51"
    columns["ticket"] = [f"t{row}" if row % 2 == 0 else "" for row in range(1200)]
    with pytest.raises(DataError, match="a different text in every row"):
        dataset_of(write_table(tmp_path / "b.csv", columns), target="y")
    columns["ticket"] = [f"t{min(row, 1000)}" if row % 2 == 0 else "" for row in range(1200)]
    with pytest.raises(DataError, match="has 501 different texts in 600 rows"):
        dataset_of(write_table(tmp_path / "c.csv", columns), target="y")


@pytest.mark.parametrize(
    "cell",
    [
        "2024-{month:02d}-03T23:30:00-02:00",
        "2024-{month:02d}-04T01:30:00Z",
        "2024-{month:02d}-04 01:30:00.250+0000",
        "2024-{month:02d}-04 01:30:00 UTC",
        "2024-{month:02d}-04 02:30+01:00",
    ],
)
def test_moments_of_all_zones_are_those_of_utc(tmp_path, cell):
    days = [cell.format(month=1 + row % 2) for row in range(ROWS)]
    path = write_table(tmp_path / "a.csv", {"day": days, "a": [0, 1, 2, 3] * 10, **Y})
    with pytest.raises(DataError, match=r'dates = \["day"\]'):
        dataset_of(path, target="y")
    rows = dataset_of(path, target="y", dates=["day"])
    assert rows.x[:2, :2].tolist() == [[1, 3], [2, 6]]  # a Thursday and a Sunday
    ordered = dataset_of(path, target="y", time="day")
    assert ordered.times[0] == dt.datetime(2024, 1, 4, 1, 30, tzinfo=dt.UTC).timestamp() + ("250" in cell) / 4
    lines = "".join(f'{{"day": "{day}", "a": {row % 4}, "y": {row % 2}}}\n' for row, day in enumerate(days))
    (tmp_path / "a.jsonl").write_text(lines)
    assert (dataset_of(tmp_path / "a.jsonl", target="y", dates=["day"]).x == rows.x).all()


UNREAD = {
    "clocks": ["13:05", "7:30"],
    "quarters": ["2024Q1", "2024Q2"],
    "several ways": ["2024-01-02", "31.12.2024"],
}


@pytest.mark.parametrize("case", UNREAD)
def test_dates_that_are_not_read_are_never_advised(tmp_path, case):
    path = write_table(tmp_path / "a.csv", {"day": UNREAD[case] * (ROWS // 2), "a": [0, 1, 2, 3] * 10, **Y})
    for options in ({}, {"dates": ["day"]}):
        with pytest.raises(
            DataError, match=r'column "day" holds no dates that are read.*write all of them as'
        ) as found:
            dataset_of(path, target="y", **options)
        assert str(found.value).count('column "day"') == 1
    with pytest.raises(DataError, match=r'data.time of .*: column "day" holds no dates that are read'):
        dataset_of(path, target="y", time="day")


@pytest.mark.parametrize("cells", [[20240131, 20240201], ["1706659200", "1706745600"], [2023, 2024]])
def test_numbers_are_no_dates(tmp_path, cells):
    path = write_table(tmp_path / "a.csv", {"day": cells * (ROWS // 2), **Y})
    with pytest.raises(DataError, match=rf'column "day" holds numbers such as {cells[0]}, and no dates'):
        dataset_of(path, target="y", dates=["day"])


def test_the_date_that_is_written_in_another_way_is_shown(tmp_path):
    days = [f"2024-01-{1 + row % 9:02d}" for row in range(ROWS)]
    path = write_table(tmp_path / "a.csv", {"day": [*days[:-1], "2024-02-30"], "a": [0, 1, 2, 3] * 10, **Y})
    with pytest.raises(DataError, match='such as "2024-01-01", "2024-02-30"'):
        dataset_of(path, target="y", dates=["day"])


@pytest.mark.parametrize(
    ("cells", "both"),
    [
        (["Yes", "no", "yes", "no"], '"Yes" and "yes"'),
        (["New York", "new  york", "Rome", "Rome"], '"New York" and "new  york"'),
        (["01", "1", "2", "3"], '"01" and "1"'),
    ],
)
def test_categories_and_classes_that_may_be_one_are_pointed_out(tmp_path, cells, both):
    size = {"size": [1.5, 2.5, 3.5, 4.5, 5.5] * 8}
    rows = dataset_of(write_table(tmp_path / "a.csv", {"c": cells * 10, **size, **Y}), target="y", categories=["c"])
    assert rows.notes == (
        f'column "c" has {both}, which are different categories: where they are not, write them alike',
    )
    rows = dataset_of(write_table(tmp_path / "b.csv", {**size, "c": cells * 10}), target="c", task="classification")
    assert rows.notes == (f'column "c" has {both}, which are different classes: where they are not, write them alike',)


def test_moments_may_have_fractions_here_and_there(tmp_path):
    cells = ["2024-01-02 10:00:00", "2024-02-03 11:00:01.250", "2024-03-04", "2024-04-05T12:30+00:00"]
    path = write_table(tmp_path / "a.csv", {"when": cells * 10, "a": [1.5, 2.5, 3.5, 4.5, 5.5] * 8, **Y})
    rows = dataset_of(path, target="y", dates=["when"])
    assert [one.name for one in rows.features] == ["when month", "when weekday", "when hour", "a"]
    assert rows.x[:4, :3].tolist() == [[1, 1, 10], [2, 5, 11], [3, 0, 0], [4, 4, 12]]


def test_faults_of_the_target_and_of_the_features_are_said_together(tmp_path):
    columns = {"id": [f"n{row}" for row in range(ROWS)], "a": [1.5, 2.5] * 20, "day": ["2024-01-02", "2024-02-03"] * 20}
    with pytest.raises(DataError, match=r'(?s)the target "day" holds dates.*column "id" has a different text'):
        dataset_of(write_table(tmp_path / "a.csv", columns), target="day")
