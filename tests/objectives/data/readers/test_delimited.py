"""Cells of CSV files are those that Python's csv reads, however long they are."""

import csv

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from objectives.data.readers.delimited import read_cells


@settings(deadline=None)
@given(st.lists(st.lists(st.text('",\n é"x', max_size=8), min_size=2, max_size=2), min_size=1, max_size=5))
def test_what_csv_writes_is_read_as_it_was(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    wanted = [row for row in rows if any(cell.strip() for cell in row)]
    if wanted:
        assert read_cells(path) == wanted


@pytest.mark.parametrize(
    "text",
    ['a,b\n"1"2,3\n', 'a,b\n1"2,"3"\n', 'a,b\n"x ""y""","z\n\nw"\n', 'a,b\n"",""""\n'],
    ids=["after a quote", "amid a cell", "doubled, and lines", "empty"],
)
def test_quotes_mean_what_they_mean_to_csv(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    assert read_cells(tmp_path / "a.csv") == list(csv.reader(text.splitlines(keepends=True)))


def test_a_cell_may_be_longer_than_csv_allows_and_the_process_keeps_its_limit(tmp_path):
    limit = csv.field_size_limit()
    text = "so it is " * limit
    (tmp_path / "a.csv").write_text(f'a,b\n1,"{text}"\n')
    assert read_cells(tmp_path / "a.csv")[1] == ["1", text]
    assert csv.field_size_limit() == limit
