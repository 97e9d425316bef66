"""What stands above the cells, how they are encoded, and whether the first line names the columns."""

import gzip

import numpy as np
import pytest
from helpers.datasets import dataset_of

from objectives.data.options import ReadOptions
from objectives.data.readers import delimited
from objectives.data.readers.delimited import read_lines
from objectives.data.tables.interpreting import interpret
from objectives.data.tables.table import Table
from objectives.errors import DataError
from objectives.preprocessing.cells import Cells

BODY = "a,y\n1,0\n2,1\n3,0\n"
SAME = [[1.0], [2.0], [3.0]]


@pytest.mark.parametrize(
    "content",
    [
        BODY.encode(),
        b"\xef\xbb\xbf" + BODY.encode(),
        BODY.encode("utf-16"),
        b"\xff\xfe" + BODY.encode("utf-16-le"),
        BODY.replace("\n", "\r\n").encode(),
        BODY.replace("\n", "\r").encode(),
        b"\n\n" + BODY.encode(),
        b"sep=,\n" + BODY.encode(),
        b"# a comment\n" + BODY.encode(),
        b"# two\n# comments, even so\n" + BODY.encode(),
        BODY.rstrip().encode(),
        BODY.encode() + b"\n\n",
        BODY.encode() + b"\x1a",
        BODY.encode() + b",\n , \n",
    ],
)
def test_what_stands_around_the_cells_does_no_harm(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    assert dataset_of(tmp_path / "a.csv", target="y").x.tolist() == SAME


def test_what_is_passed_over_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("# one\n" + BODY + ",\n,\n")
    assert dataset_of(tmp_path / "a.csv", target="y").notes == (
        "line 1 of a.csv is a comment, and is passed over",
        "2 rows hold no value at all, the first of them line 6, and are left out",
    )


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", ":"])
def test_a_study_may_name_the_separator(tmp_path, sign):
    (tmp_path / "a.csv").write_text(BODY.replace(",", sign))
    assert dataset_of(tmp_path / "a.csv", target="y", separator=sign).x.tolist() == SAME


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le", "shift_jis"])
def test_a_study_may_name_the_encoding(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes("a,größe\n1,0\n2,1\n3,0\n".encode(encoding, "replace"))
    target = "größe" if encoding != "shift_jis" else "gr??e"
    assert dataset_of(tmp_path / "a.csv", target=target, encoding=encoding).x.tolist() == SAME


def test_an_encoding_that_there_is_not_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text(BODY)
    with pytest.raises(DataError, match=r'data\.encoding = "latin1x" .* did you mean "latin-1"'):
        dataset_of(tmp_path / "a.csv", target="y", encoding="latin1x")


def test_a_table_without_names_is_read_whole(tmp_path):
    (tmp_path / "a.csv").write_text("1.5,0\n2.5,1\n3.5,0\n")
    with pytest.raises(DataError, match=r"holds numbers alone .* header = false"):
        dataset_of(tmp_path / "a.csv", target="0")
    rows = dataset_of(tmp_path / "a.csv", target="column_2", header=False)
    assert rows.x.tolist() == [[1.5], [2.5], [3.5]]
    assert dataset_of(tmp_path / "a.csv", target="0", header=True).x.tolist() == [[2.5], [3.5]]


@pytest.mark.parametrize("names", ["0,1,y", "3,4,5", "1990,1991,y"])
def test_numbers_that_count_the_columns_are_names(tmp_path, names):
    (tmp_path / "a.csv").write_text(f"{names}\n1,2,0\n2,3,1\n3,5,0\n")
    assert dataset_of(tmp_path / "a.csv", target=names.split(",")[-1]).notes == ()


@pytest.mark.parametrize("line", ["5,3,8", "a,b,c", "a,2,c"])
def test_names_that_look_like_a_row_are_pointed_out(tmp_path, line):
    (tmp_path / "a.csv").write_text(f"{line}\na,5,c\na,6,d\na,5,c\nb,7,d\n")
    if line[0] == "5":
        (tmp_path / "a.csv").write_text(f"{line}\n1,2,0\n2,3,1\n3,5,0\n")
    notes = dataset_of(tmp_path / "a.csv", target=line.split(",")[-1]).notes
    assert "is taken for the names of the columns: where it is a row, say header = false" in notes[0]


def test_names_that_stand_twice_get_a_number_where_they_are_said_to_be_names(tmp_path):
    (tmp_path / "a.csv").write_text("a,a,y\n1,2,0\n3,4,1\n")
    with pytest.raises(DataError, match=r'"a" stands there twice; .* header = true, and the second is "a.1"'):
        dataset_of(tmp_path / "a.csv", target="y")
    rows = dataset_of(tmp_path / "a.csv", target="y", header=True)
    assert [one.name for one in rows.features] == ["a", "a.1"]


def test_names_of_rows_that_the_first_line_does_not_name_are_an_index(tmp_path):
    (tmp_path / "a.csv").write_text('"x","y"\n"1",5,0\n"2",6,1\n"3",7,0\n')
    rows = dataset_of(tmp_path / "a.csv", target="y")
    assert rows.x.tolist() == [[5], [6], [7]]
    assert rows.notes == ('column "" is the index of the file, and is left out',)


def test_a_first_line_of_counts_is_told_from_one_of_names(tmp_path):
    (tmp_path / "a.csv").write_text("3,2,q,r\n" + "1,2,3,4,0\n" * 3 + "1,2,3,4,1\n1,2,3,4,1,9\n")
    with pytest.raises(DataError, match="line 1 has 4 cells, and most lines below it 5"):
        dataset_of(tmp_path / "a.csv", target="q")
    (tmp_path / "a.csv").write_text("3,2,q\n" + "1,2,3,4,0\n" * 4)
    with pytest.raises(DataError, match="line 1 has 3 cells, and all 4 lines below it 5: it is no line of names"):
        dataset_of(tmp_path / "a.csv", target="q")


def test_a_title_above_the_names_is_named_as_such(tmp_path):
    (tmp_path / "a.csv").write_text("My table\n\na,b,y\n" + "1,2,0\n" * 9)
    with pytest.raises(
        DataError, match=r"line 1 has 1 cell, and all 10 lines below it 3: .* remove what stands above the names"
    ):
        dataset_of(tmp_path / "a.csv", target="y")


def test_a_quote_that_never_ends_is_found_where_it_begins(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,y\n" + "1,2,0\n" * 9 + '1,"2,0\n' + "1,2,0\n" * 9)
    with pytest.raises(DataError, match="line 11 opens a quote that ends in line 21 or never"):
        dataset_of(tmp_path / "a.csv", target="y")


def test_an_open_quote_that_swallows_rows_is_told(tmp_path):
    rows = "".join(f"{'spam' if row % 2 else 'ham'},text number {row}\n" for row in range(12))
    (tmp_path / "a.csv").write_text(f'label,text\nham,"so it\n{rows}spam,the "end\nham,last one\nspam,last two\n')
    notes = dataset_of(tmp_path / "a.csv", target="label", text="text").notes
    assert "1 cell holds lines that look like rows, the first from line 2 on" in notes[0]


def test_numbers_and_texts_without_names_are_read_whole(tmp_path):
    (tmp_path / "a.tsv").write_text("".join(f"a film of {row}\t{90 + row % 7}\n" for row in range(60)))
    rows = dataset_of(tmp_path / "a.tsv", task="regression")
    assert (len(rows.x), rows.kind) == (60, "text")
    (tmp_path / "b.tsv").write_text("title\tminutes\n" + (tmp_path / "a.tsv").read_text())
    assert len(dataset_of(tmp_path / "b.tsv", task="regression").x) == 60


def test_packed_files_are_read_and_damaged_ones_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(BODY.encode()))
    assert dataset_of(tmp_path / "a.csv.gz", target="y").x.tolist() == SAME
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(BODY.encode() * 100)[:-20])
    (tmp_path / "c.csv.gz").write_text(BODY)
    for name in "bc":
        with pytest.raises(DataError, match="cannot be unpacked"):
            dataset_of(tmp_path / f"{name}.csv.gz", target="y")


CELLS = {
    "plain": "a,b\n1,2\n3,4\n",
    "quotes": 'a,b\n"1"2,3\n1"2,"3"\n"x ""y""","z\n\nw"\n"",""""\n',
    "blank lines": "a,b\n\n1,2\n\n\n3,4\n",
    "rows of separators": "a,b\n1,2\n,\n3,4\n",
    "empty cells": "a,b\n1,\n,2\n",
    "blanks": "a, b\n 1,2 \n",
    "numbers with gaps": "a,b\n1,x\n,y\nNA,\nnull,NA\n-2.5,z\n",
    "codes": "a,b\n007,1\n12,2\n",
    "beyond 2^53": "a,b\n9007199254740993,1\n9007199254740992,2\n",
    "beyond int64": "a,b\n99999999999999999999,1\n99999999999999999998,2\n",
    "dates and truths": "a,b\n2024-01-02,true\n2024-01-03,false\n",
    "times": "a,b\n13:05,2024-01-02 03:04:05\n14:05,2024-01-02 03:04:06\n",
    "signs": "a,b\n+1, 2\n-1,3 \n",
    "quoted names": '"a","b"\n1,"2"\n3,"x, y"\n',
    "a name with the sign": '"a, too","b"\n1,2\n3,4\n',
    "labels that are written differently": "a,b\n1.0,1.0\n2.5,1\n",
    "a kind that comes late": "a,b\n" + "1,2\n" * 5000 + "1.5,x\n",
    "codes among dates": "a,b,c\n2024-01-02,7,01:30\n2024-01-03,8,02:30\n",
    "tabs": "a\tb\n1\t2\n",
    "accents": "é,ß\nü,日本\n",
}


@pytest.mark.parametrize("header", [None, False])
@pytest.mark.parametrize("case", CELLS)
def test_large_files_have_the_cells_of_small_ones(tmp_path, case, header, monkeypatch):
    (tmp_path / "a.csv").write_text(CELLS[case])
    small = read_lines(tmp_path / "a.csv", ReadOptions(header=header, target="b"))
    monkeypatch.setattr(delimited, "_SMALL", 0)
    large = read_lines(tmp_path / "a.csv", ReadOptions(header=header, target="b"))
    assert (large.names, large.notes) == (small.names, small.notes)
    for one, other in zip(large.columns, small.columns, strict=True):
        if isinstance(one, Cells):
            assert one.array.to_pylist() == other.array.to_pylist()
        else:
            # Texts that are taken for numbers, and not for codes.
            seen = interpret("b", Table(columns={"b": other}, rows=len(other)), ReadOptions())
            assert (one.dtype, seen.kind) == (np.float64, "number")
            assert np.array_equal(one, seen.numbers, equal_nan=True)
