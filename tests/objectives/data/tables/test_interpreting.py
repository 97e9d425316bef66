"""What a column is taken for, whatever people write into it."""

import numpy as np
import pyarrow as pa
import pytest

from objectives.data.options import ReadOptions
from objectives.data.tables.interpreting import interpret
from objectives.data.tables.table import Table
from objectives.preprocessing.cells import Cells


def seen(cells, *, typed=False, **options):
    table = Table(columns={"a": Cells(pa.array(cells, pa.large_string()), typed)}, rows=len(cells), first_line=2)
    return interpret("a", table, ReadOptions(**options))


NAN = float("nan")
NUMBERS = {
    "plain": (["1", "-2.5", "+3", "4e2", ".5", "5."], [1, -2.5, 3, 400, 0.5, 5]),
    "blanks around": ([" 1", "2 ", "\t3"], [1, 2, 3]),
    "missing, in every usual writing": (
        ["1", "", "NA", "n/a", "N/A", "#N/A", "NaN", "null", "NULL", "?", "<NA>", "nat", "nil", "2"],
        [1, *[NAN] * 12, 2],
    ),
    "missing, as only beside numbers": (
        ["1", ".", "-", "--", "*", "none", "Unknown", "missing", "#DIV/0!", "2"],
        [1, *[NAN] * 8, 2],
    ),
    "noughts": (["0", "0.5", "00", "-0"], [0, 0.5, 0, 0]),
    "nought before a decimal": (["01.5", "2.25"], [1.5, 2.25]),
    "all missing": (["", "NA"], [NAN, NAN]),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_read_however_they_are_written(case):
    cells, numbers = NUMBERS[case]
    found = seen(cells)
    assert (found.kind, found.fault) == ("number", "")
    assert np.array_equal(found.numbers, numbers, equal_nan=True)
    assert found.missing == np.isnan(numbers).sum()


TOLD = {
    "decimal comma": (["1,5", "2", "-3,25"], {"decimal": ","}, [1.5, 2, -3.25]),
    "thousands": (["1,234", "12", "1,234,567.5"], {"thousands": ","}, [1234, 12, 1234567.5]),
    "Europe": (["1.234,5", "7", "1.234.567"], {"decimal": ",", "thousands": "."}, [1234.5, 7, 1234567]),
    "money": (["$1,234.50", "(7)", "free"], {"numbers": ("a",), "thousands": ","}, [1234.5, -7, NAN]),
    "shares": (["12 %", "7%"], {"numbers": ("a",)}, [12, 7]),
    "a list among many": (["76,77", *["1"] * 20], {"numbers": ("a",)}, [NAN, *[1] * 20]),
    "blanks that break no line": (["1\u00a0234", "12", "1\u202f234\u202f567"], {"thousands": " "}, [1234, 12, 1234567]),
    "an apostrophe of a printer": (["1\u2019234", "12"], {"thousands": "'"}, [1234, 12]),
    "a minus of a printer": (["\u22125", "7"], {}, [-5, 7]),
    "a few words": (["1", "many", "3"], {"numbers": ("a",)}, [1, NAN, 3]),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_study_says_how_numbers_are_written(case):
    cells, options, numbers = TOLD[case]
    assert np.array_equal(seen(cells, **options).numbers, numbers, equal_nan=True)


CATEGORIES = {
    "words": (["red", "blue", "NA"], {}, 1),
    "none is a word": (["None", "Driver", "None"], {}, 0),
    "none beside words alone": (["none", "brick", "none", "none", "stone"], {}, 0),
    "codes with noughts": (["007", "12", "3"], {}, 0),
    "codes beyond what a number holds": (["9007199254740993", "9007199254740992", "1"], {}, 0),
    "numbers, said to be categories": (["1", "2", "?"], {"categories": ("a",)}, 1),
    "ranges": (["18-24", "25-34", "35-44"], {}, 0),
    "versions": (["1.2.3", "1.2.4", "2.0.0"], {}, 0),
    "a word amid many": (["10 apples 20", "12 pears 30", "9 plums 12"], {}, 0),
}


@pytest.mark.parametrize("case", CATEGORIES)
def test_what_is_no_number_is_a_category(case):
    cells, options, missing = CATEGORIES[case]
    found = seen(cells, **options)
    assert (found.kind, found.fault, found.missing) == ("category", "", missing)


def test_texts_of_a_typed_file_are_texts():
    found = seen(["1", "NA", None, "2"], typed=True)
    assert (found.kind, found.missing, found.texts.to_pylist()) == ("category", 1, ["1", "NA", None, "2"])
    assert seen(["1", "NA", None, "2"], typed=True, numbers=("a",)).numbers[0] == 1


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-02", "2024-12-31"],
        ["2024-01-02 13:05", "2024-12-31T23:59:59.5Z"],
        ["1949-02", "1950-11", ""],
        ["19-Sep-03", "1-Jan-99"],
        ["3/4/2024", "12/31/24"],
        ["31.12.2024", "1.2.2024"],
        ["Feb 1949", "March 1950"],
        ["1 January 2024", "2 Feb 2024"],
        ["January 5, 2024", "Mar 12, 2024"],
        ["13:05", "7:30 pm"],
        ["2024Q1", "2024-Q3"],
        ["1977-Jan", "1978-Feb"],
        ["1991 Jul", "1992 Aug"],
        ["Jan-1-1995", "Feb-12-1996"],
    ],
)
def test_dates_are_seen(cells):
    assert seen(cells).kind == "date"


FAULTS = {
    "three decimals or thousands": (["1,500", "2"], "numbers written as", 'say thousands = ","'),
    "decimal commas": (["1,5", "2"], 'numbers written as "1,5"', 'say decimal = ","'),
    "thousands": (["1,234,567", "2"], "numbers written as", 'say thousands = ","'),
    "both": (["1.234,5", "2"], "numbers written as", 'say decimal = ",", thousands = "."'),
    "blanks": (["1 234", "2"], "numbers written as", 'say thousands = " "'),
    "money": (["$3", "2"], "numbers written as", 'say numbers = ["a"]'),
    "money with thousands": (["$1,234.50", "$12"], "numbers written as", 'say numbers = ["a"], thousands = ","'),
    "money of Europe": (["1.234,50 €", "12"], "as", 'say numbers = ["a"], decimal = ",", thousands = "."'),
    "shares with decimal commas": (["1,5 %", "2 %"], "numbers written as", 'say numbers = ["a"], decimal = ","'),
    "two ways": (["1.5", "2,5", "3"], 'written as "2,5"', "write all numbers in one way"),
    "blanks that break no line": (["1\u00a0234", "2"], "numbers written as", 'say thousands = " "'),
    "a word": (["1", "2", "many", "3"], 'in 1 of 4 rows something else, first "many" in line 4', "numbers = "),
    "infinite": (["1", "inf"], "infinite values in 1 rows", "remove"),
    "too large": (["1", "1e200"], "too large to learn from, such as 1e+200", "missing"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_cannot_be_learned_from_is_said_with_what_to_do(case):
    cells, fault, advice = FAULTS[case]
    found = seen(cells)
    assert fault in found.fault
    assert advice in found.advice


TOLD_WRONG = {
    "money with thousands": (["$1,234.50", "$12", "free"], {"numbers": ("a",)}, 'say thousands = ","'),
    "decimal commas": (["1,5", "2", ""], {"numbers": ("a",)}, 'say decimal = ","'),
    "two ways": (["1.5", "2,5"], {"numbers": ("a",)}, "write all numbers in one way"),
    "one sign for both": (["1.234", "999.5"], {"thousands": "."}, "say "),
    "a nought before thousands": (["0,942", "1,234"], {"thousands": ","}, 'say decimal = ","'),
    "points beside decimal commas": (["1.5", "2.5"], {"decimal": ","}, "write all numbers in one way"),
}


@pytest.mark.parametrize("case", TOLD_WRONG)
def test_numbers_in_another_writing_than_told_are_no_gaps(case):
    cells, options, advice = TOLD_WRONG[case]
    found = seen(cells, **options)
    assert advice in found.advice
    assert "numbers written as" in found.fault
