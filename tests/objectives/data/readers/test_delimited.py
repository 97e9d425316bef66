"""Cells of CSV files are those that Python's csv reads, however long they are."""

import csv
import random

import pytest

from objectives.data.options import ReadOptions
from objectives.data.readers.delimited import read_lines
from objectives.preprocessing.cells import Cells


def lines_of(path, **options):
    lines = read_lines(path, ReadOptions(**options))
    columns = [one.array.to_pylist() if isinstance(one, Cells) else one.tolist() for one in lines.columns]
    rows = zip(*columns, strict=True)
    return [lines.names, *(list(row) for row in rows)]


def test_what_csv_writes_is_read_as_it_was(tmp_path):
    draw = random.Random(0)
    for number in range(300):
        rows = [["".join(draw.choices('",\n é"x', k=draw.randint(0, 8))) for _ in "ab"] for _ in range(4)]
        path = tmp_path / f"{number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["first", "second"], *rows])
        assert lines_of(path)[1:] == [row for row in rows if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    "text",
    ['a,b\n"1"2,3\n', 'a,b\n1"2,"3"\n', 'a,b\n"x ""y""","z\n\nw"\n', 'a,b\n"",""""\n'],
    ids=["after a quote", "amid a cell", "doubled, and lines", "empty"],
)
def test_quotes_mean_what_they_mean_to_csv(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    assert lines_of(tmp_path / "a.csv") == list(csv.reader(text.splitlines(keepends=True)))


def test_a_cell_may_be_longer_than_csv_allows_and_the_process_keeps_its_limit(tmp_path):
    limit = csv.field_size_limit()
    text = "so it is " * limit
    (tmp_path / "a.csv").write_text(f'a,b\n1,"{text}"\n')
    assert lines_of(tmp_path / "a.csv")[1] == [1, text]
    assert csv.field_size_limit() == limit
