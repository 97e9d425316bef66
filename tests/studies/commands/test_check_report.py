"""What `check` shows of the data fits a terminal, whatever is in them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.nasty import NAME, TEXT, is_harmless
from rich.cells import cell_len

from objectives.data.arrays import Splits
from objectives.data.dataset import ColumnReport, Dataset
from objectives.data.splitting.indices import split_rows
from studies.commands.check_report import print_data
from studies.commands.output import PrintableConsole, shortened
from studies.preflight.data_check import described
from studies.spec.study import StudySpec
from studies.study_file.completion import complete


def column(name, **facts):
    plain = {"kind": "number", "distinct": 7, "missing": 0, "example": "1.5", "role": "feature", "becomes": "a number"}
    return ColumnReport(**{"name": name, **plain, **facts})


def report_of(columns=(), classes=3, rows=400, names=()):
    random = np.random.default_rng(0)
    y = np.sort(random.integers(0, classes, rows))
    dataset = Dataset(
        x=random.random((rows, 4)), y=y, classes=classes, kind="table", source="here", names=names,
        columns=tuple(columns), notes=("column \"id\" counts the rows",),
    )  # fmt: skip
    spec = complete(StudySpec(name="s", objective="mlp", seed=7, metric="val_accuracy", data={"dataset": "wine"}))
    return described(spec, Splits(dataset, [split_rows(y, (0.6, 0.2, 0.2), 7)], scaling="auto"))


def shown(report, width, capsys):
    console = PrintableConsole(highlight=False, emoji=False, soft_wrap=True, width=width)
    print_data(console, report)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_each_column_is_a_line(capsys):
    target, group = column("kind", role="target"), column("who", role="group", becomes="")
    lines = shown(report_of([column("age", missing=1234), target, group]), 80, capsys)
    assert lines[:5] == [
        "column  kind    distinct  missing  example  becomes",
        "age     number         7    1,234  1.5      a number",
        "kind    number         7        -  1.5      target: a number",
        "who     number         7        -  1.5      groups",
        "",
    ]


def test_of_many_columns_some_are_shown_and_the_others_counted(capsys):
    columns = [column(f"x{place}") for place in range(50)]
    columns[20] = column("label", role="target", becomes="the target")
    columns[30] = column("day", kind="date", missing=3)
    columns[40] = column("id", role="ignored", becomes="left out")
    lines = shown(report_of(columns), 80, capsys)
    assert [line.split()[0] for line in lines[1:17]] == [*(f"x{place}" for place in range(15)), "label"]
    assert lines[17] == "and 34 more: 32 numbers, 1 date, 1 left out; 1 of them with missing values"
    assert lines[18] == ""


def test_thirty_columns_are_all_shown(capsys):
    lines = shown(report_of(column(f"x{place}") for place in range(30)), 80, capsys)
    assert (lines[30].split()[0], lines[31]) == ("x29", "")


def test_classes_have_names_rows_and_shares_of_what_a_search_sees(capsys):
    report = report_of(names=("a", "b", "c"))
    assert sum(one.rows for one in report.class_rows) == report.train + report.validation < report.rows
    assert sum(one.share for one in report.class_rows) == pytest.approx(1)
    lines = shown(report, 80, capsys)
    assert lines[0] == "class  rows   share"
    assert lines[1] == f"a      {report.class_rows[0].rows:>4}  {100 * report.class_rows[0].share:.1f} %"


def test_of_many_classes_the_largest_and_the_smallest_are_shown(capsys):
    report = report_of(classes=20)
    lines = shown(report, 80, capsys)[:11]
    counts = sorted((one.rows for one in report.class_rows), reverse=True)
    assert lines[0].startswith("20 classes")
    assert [int(line.split()[1]) for line in lines[1:7]] == counts[:6]
    assert lines[7] == "(11 more)"
    assert [int(line.split()[1]) for line in lines[8:]] == counts[-3:]


@pytest.mark.parametrize("width", [80, 120])
def test_no_text_of_a_file_is_obeyed_or_breaks_the_table(width, capsys):
    wide = column("学习率" * 40, example="\n\x1b[2J" + "y" * 300, kind="category", becomes="4 categories")
    report = report_of([column(NAME), column(TEXT * 3), wide], names=(TEXT * 3, NAME, "c"))
    lines = shown(report, width, capsys)
    assert is_harmless("\n".join(lines))
    assert max(map(cell_len, lines)) <= width
    assert len(lines) == 4 + 1 + 4 + 1 + 3 + 1
    assert json.loads(json.dumps(report.to_json()))["columns"][0]["name"] == NAME


def test_names_that_differ_at_their_end_stay_different():
    names = [f"gene_expression_level_of_probe_{place}" for place in range(1000, 1003)]
    assert len({shortened(name, 20, end=6) for name in names}) == 3
    assert {cell_len(shortened(name, 20, end=6)) for name in names} == {20}
    assert shortened("short", 20, end=6) == "short"


def test_notes_of_the_data_are_told(capsys):
    assert report_of().notes == ('column "id" counts the rows',)


def test_a_linear_model_on_a_part_of_the_rows_says_so(capsys):
    report = report_of()
    constant, linear = report.baselines
    lines = shown(replace(report, class_rows=(), baselines=(constant, replace(linear, rows=100))), 80, capsys)
    assert lines[0] == "baseline                            val_accuracy"
    assert lines[2].startswith("logistic regression, from 100 rows  ")
