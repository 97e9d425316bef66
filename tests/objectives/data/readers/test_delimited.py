"""Cells of CSV files are those that Python's csv reads, however long they are."""

import csv
import random

import pytest
from helpers.datasets import dataset_of

from objectives.data.options import ReadOptions
from objectives.data.readers.delimited import read_lines
from objectives.errors import DataError
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


def test_a_separating_sign_at_the_end_of_all_rows_moves_no_cell(tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1;x;\n2;y; \n")
    assert lines_of(tmp_path / "a.csv") == [["a", "b"], ["1", "x"], ["2", "y"]]
    notes = read_lines(tmp_path / "a.csv", ReadOptions()).notes
    assert notes == ("a separating sign ends each line but the first, and is passed over",)


def test_names_of_rows_have_no_name_themselves(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\nr1,1,\nr2,2,y\n")
    assert lines_of(tmp_path / "a.csv") == [["", "a", "b"], ["r1", "1", ""], ["r2", "2", "y"]]


def test_a_first_row_that_lacks_a_cell_is_not_filled(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4,5\n6,7,8\n")
    with pytest.raises(DataError, match="line 1 has 2 cells"):
        read_lines(tmp_path / "a.csv", ReadOptions(header=False))


CODES = ["01234", '"01234"', " 01234", ' "01234"', "-05", "0x1F", '"0x1F"', "\t007"]


@pytest.mark.parametrize("code", CODES)
def test_a_large_file_keeps_codes_as_a_small_one_does(tmp_path, code):
    rows = 2**18 // 20
    for name, count in (("small.csv", 10), ("large.csv", rows)):
        cells = "".join(f"{number},{code},{number % 2},1e-05,2020-01-05\n" for number in range(count))
        (tmp_path / name).write_text(f"a,code,y,small,day\n{cells}")
    small, large = (dataset_of(tmp_path / name, target="y", ignore=["day"]) for name in ("small.csv", "large.csv"))
    assert [one.kind for one in large.columns] == [one.kind for one in small.columns]
    assert [one.kind for one in large.columns][1:2] == ["category"]
    assert large.columns[1].example == small.columns[1].example
