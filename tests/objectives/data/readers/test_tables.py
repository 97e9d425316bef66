"""Tables and texts: columns become features, one column the labels; what is wrong gets a sentence."""

import csv
import io

import numpy as np
import pytest
from helpers.datasets import TITANIC, dataset_of, write_table
from helpers.paths import DATA

from objectives.data.loading import load_dataset, load_search_data, split_dataset
from objectives.data.settings import DataSettings
from objectives.errors import DataError


def wine():
    from sklearn.datasets import load_wine

    table = load_wine()
    return {**dict(zip(table.feature_names, table.data.T, strict=True)), "cultivar": table.target}


@pytest.mark.parametrize(("name", "sign"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", "\t")])
def test_a_table_is_the_same_whatever_parts_its_cells(tmp_path, name, sign):
    rows = dataset_of(write_table(tmp_path / name, wine(), sign), target="cultivar")
    known = load_dataset(DataSettings(dataset="wine"))
    assert (rows.x == known.x).all()
    assert (rows.y == known.y).all()
    assert (rows.classes, rows.kind, rows.names) == (3, "table", ("0", "1", "2"))


def test_texts_become_a_feature_for_each_category(tmp_path):
    rows = dataset_of(write_table(tmp_path / "a.csv", TITANIC), target="survived")
    assert rows.x[:4].tolist() == [[0, 71.3, 0], [1, 13.0, 1], [2, 7.9, 2], [2, 8.1, 3]]
    assert [one.categories for one in rows.features] == [("first", "second", "third"), None, None]
    assert rows.y[:4].tolist() == [1, 1, 0, 0]
    [data] = load_search_data(DataSettings(dataset=str(tmp_path / "a.csv"), target="survived", scaling="none"), seed=1)
    [part] = split_dataset(rows, DataSettings(dataset=str(tmp_path / "a.csv"), target="survived"), seed=1)
    for made, row in zip(data.x_train.tolist(), rows.x[part.train], strict=True):
        assert made == [*np.eye(3)[int(row[0])], np.float32(row[1]), row[2]]
    ignoring = dataset_of(tmp_path / "a.csv", target="survived", ignore=["class", "age"])
    assert ignoring.x[:2].tolist() == [[71.3], [13.0]]


def test_a_category_that_the_training_part_lacks_counts_nowhere(tmp_path):
    columns = {"port": ["q"] + ["c", "s"] * 30, "y": [0] + [0, 1] * 30}
    splits = load_search_data(
        DataSettings(dataset=str(write_table(tmp_path / "a.csv", columns)), target="y", evaluation="k-fold"), seed=3
    )
    sums = [np.concatenate([data.x_train, data.x_validation])[:, 1].sum() for data in splits]
    held_out = [data.x_train[:, 1].sum() == 0 for data in splits]
    assert sum(held_out) == 1 or sum(held_out) == 5  # in one fold's validation split, or in the test split
    assert all(total == 0 for total, lacking in zip(sums, held_out, strict=True) if lacking)


@pytest.mark.parametrize(
    ("target", "task", "classes"),
    [
        ([1, 0, 2, 2] * 10, "auto", 3),
        (["yes", "no"] * 20, "auto", 2),
        ([0.5, 1.5] * 20, "auto", None),
        (list(range(40)), "auto", None),
        ([0.5, 1.5] * 20, "classification", 2),
        ([1, 0, 2, 2] * 10, "regression", None),
    ],
    ids=["few integers", "texts", "floats", "many integers", "floats as classes", "integers as amounts"],
)
def test_classes_are_told_from_amounts(tmp_path, target, task, classes):
    rows = dataset_of(write_table(tmp_path / "a.csv", {"x": list(range(40)), "y": target}), target="y", task=task)
    assert rows.classes == classes
    if classes is None:
        assert rows.y.tolist() == target
        assert rows.y.dtype == np.float32
    else:
        assert [rows.names[number] for number in rows.y] == [str(value) for value in target]


TABLE = {
    "unknown target": (
        "age,fare,y\n1,2,0",
        {"target": "far"},
        'its columns are "age", "fare", "y"; did you mean "fare"',
    ),
    "unknown text": ("a,b\n1,2", {"target": "a", "text": "bb"}, r"data\.text = \"bb\""),
    "unknown ignored": ("a,b\n1,2", {"target": "a", "ignore": ["c"]}, r"data\.ignore = \"c\""),
    "no target": ("a,b,c\n1,2,3", {}, r'data\.target is missing: .* has the columns "a", "b", "c"'),
    "no target, two columns": ("a,b\n1,2\n3,4\n1,5", {}, r"data\.target is missing"),
    "text, no target": ("a,b,c\n1,2,3", {"text": "b"}, r'data\.target is missing: .* It has "a", "b", "c"'),
    "missing values": (
        "a,y\n1,0\nNA,1\n,0\n4,1",
        {"target": "y", "missing": "refuse"},
        r'2 of 4 rows have no value in the column "a" \(first line 3\)',
    ),
    "missing targets": (
        "a,y\n1,\n2,1\n3,0\n4,1",
        {"target": "y", "missing": "refuse"},
        r'1 of 4 rows has no value in the column "y" \(first line 2\)',
    ),
    "no target at all": ("a,y\n1,\n2,?\n3,NA", {"target": "y"}, "so that none is left"),
    "infinite": ("a,y\ninf,0\n2,1\n3,0\n4,1", {"target": "y"}, 'column "a" holds infinite'),
    "numbers and words": ("a,y\n1,0\n2,1\n3,0\nmany,1", {"target": "y"}, 'in 1 of 4 rows something else, first "many"'),
    "dates": ("d,y\n2024-01-02,0\n2024-01-03,1\n2024-01-02,0", {"target": "y"}, 'column "d" holds dates or times'),
    "dates of Europe": ("d,y\n1.2.2024,0\n1.3.2024,1\n1.2.2024,0", {"target": "y"}, 'column "d" holds dates or times'),
    "names of rows": (
        "n,y\nann,0\nbob,1\neva,0\ndan,1",
        {"target": "y"},
        r'"n" has a different text in every row.* ignore = \["n"\]',
    ),
    "index alone": (",y\n0,1\n1,2\n2,1\n3,1", {"target": "y"}, "no column beside the target"),
    "a name twice": ("a,a,y\n1,2,0\n3,4,1", {"target": "y"}, '"a" stands there twice'),
    "target alone": ("a,y\n1,0\n2,1\n1,0\n1,1", {"target": "y", "ignore": ["a"]}, "no column beside the target"),
    "one class": ("a,y\n1,0\n2,0\n1,0", {"target": "y"}, '"y" is "0" in every row'),
    "one amount": ("a,y\n1,.5\n2,.5\n1,.5", {"target": "y"}, '"y" is 0.5 in every row'),
    "classes that are none": ("a,y\n1,q\n2,r\n1,s\n2,t", {"target": "y"}, "4 different values in 4 rows"),
    "texts as amounts": ("a,y\n1,q\n2,r", {"target": "y", "task": "regression"}, 'holds texts such as "q"'),
    "empty texts": (
        "a,y\nso it is,0\n,1\nso,0\nit,1",
        {"target": "y", "text": "a", "missing": "refuse"},
        r'1 of 4 rows has no value in the column "a"',
    ),
    "many columns": (
        ",".join(f"c{n}" for n in range(30)) + "\n" + "1," * 29 + "1",
        {"target": "c"},
        '"c19" and 10 more',
    ),
    "numbers as texts": ("a,y\n1,0\n2,1\n1,0\n1,1", {"target": "y", "text": "a"}, "holds numbers, no texts"),
    "no rows": ("a,y", {"target": "y"}, "has no rows"),
    "uneven": ("a,y\n1,0\n1,2,3", {"target": "y"}, "line 3 has 3 cells, the first has 2: put"),
    "uneven below a blank line": ("a,y\n\n1,0\n1\n", {"target": "y"}, "line 4 has 1 cell,.*a cell is missing"),
    "decimal commas": ("a;y\n1,5;0\n2;1\n1,5;0\n2;1", {"target": "y"}, 'holds numbers written as "1,5"'),
    "amounts": ("a;y\n1;$1,234.50\n2;$7\n3;$1,000\n4;12", {"target": "y"}, 'numbers written as "\\$1,234.50"'),
    "shares": ("a,y\n5%,0\n7.5 %,1\n5%,0\n7.5 %,1", {"target": "y"}, 'numbers written as "5%"'),
    "dates in words": (
        "d,y\n1 Jan 2024,0\n2 Jan 2024,1\n1 Jan 2024,0",
        {"target": "y"},
        'column "d" holds dates or times',
    ),
    "times": ("d,y\n13:05,0\n14:30,1\n13:05,0", {"target": "y"}, 'column "d" holds no dates that are read'),
    "a sign for missing": ("a,y\n1,0\n1e200,1\n3,0\n4,1", {"target": "y"}, "too large to learn from.* in 1 of 4 rows"),
    "one column": ("a\n1\n2", {"target": "a"}, "only one column"),
    "empty": ("\n\n", {"target": "a"}, "is empty"),
}


def test_words_that_only_look_like_amounts_are_categories(tmp_path):
    (tmp_path / "a.csv").write_text("a;b;y\n1,5 mm;1_0;x\n2 mm;2_0;y\n1,5 mm;1_0;x\n2 mm;2_0;y\n5-10;1_0;x\n")
    rows = dataset_of(tmp_path / "a.csv", target="y")
    assert [one.categories for one in rows.features] == [("1,5 mm", "2 mm", "5-10"), ("1_0", "2_0")]


def test_large_numbers_of_classes_keep_their_names(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n" + "".join(f"{row},{1_000_001 + row % 3}\n" for row in range(9)))
    assert dataset_of(tmp_path / "a.csv", target="y").names == ("1000001", "1000002", "1000003")


CODES = {
    "leading zeros": (["1", "01", "2", "02"], ("01", "02", "1", "2")),
    "exponents": (["1E1", "10", "2E5", "200000"], ("10", "1E1", "200000", "2E5")),
    "beyond 2^53": (
        ["9007199254740992", "9007199254740993", "12"],
        ("12", "9007199254740992", "9007199254740993"),
    ),
    "signs": (["+1", "1"], ("+1", "1")),
    "blanks around": (["1", " 1", "2 "], ("1", "2")),
    "numbers": (["10", "9", "8"], ("8", "9", "10")),
}


@pytest.mark.parametrize("task", ["auto", "classification"])
@pytest.mark.parametrize("case", CODES)
def test_labels_that_are_written_differently_are_different_classes(tmp_path, case, task):
    labels, names = CODES[case]
    (tmp_path / "a.csv").write_text("a,y\n" + "".join(f"{row},{label}\n" for row, label in enumerate(labels * 3)))
    rows = dataset_of(tmp_path / "a.csv", target="y", task=task)
    assert rows.names == names
    assert [rows.names[number] for number in rows.y] == [label.strip() for label in labels * 3]


def test_amounts_that_are_written_differently_are_the_same_amounts(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n1,1.50\n2,1.5\n3,02\n4,2\n")
    rows = dataset_of(tmp_path / "a.csv", target="y")
    assert (rows.classes, rows.y.tolist()) == (None, [1.5, 1.5, 2.0, 2.0])


@pytest.mark.parametrize("case", TABLE)
def test_a_wrong_csv_file_is_refused_in_a_sentence(tmp_path, case):
    text, settings, sentence = TABLE[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=sentence):
        dataset_of(tmp_path / "a.csv", **settings)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "a.csv").write_bytes("a,y\n1,0\nJosé,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r'not in UTF-8 \(line 3\); .* encoding = "cp1252"'):
        dataset_of(tmp_path / "a.csv", target="y")


@pytest.fixture
def sms():
    path = DATA / "sms_spam.tsv"
    if not path.is_file():
        pytest.skip(f"no {path}: set STUDYHALL_TEST_DATA to a folder that holds it")
    return path


def test_real_messages_are_read_with_their_labels(sms):
    for settings in ({}, {"text": "SMS"}, {"target": "Label", "text": "SMS"}):
        rows = dataset_of(sms, **settings)
        assert (rows.kind, rows.names, len(rows.x)) == ("text", ("ham", "spam"), 5574)
        assert np.bincount(rows.y).tolist() == [4827, 747]
        assert rows.x[1] == "Ok lar... Joking wif u oni..."
    [data] = load_search_data(DataSettings(dataset=str(sms)), seed=7)
    assert (data.x_train.dtype, data.x_train.shape, data.x_validation.shape) == (object, (3344,), (1115,))


def test_one_message_with_an_open_quote_swallows_no_others(tmp_path):
    (tmp_path / "a.tsv").write_text(
        'ham\t"hello there\n' + "spam\tbuy it now\nham\tsee you then\nspam\tlast chance now\n"
    )
    assert dataset_of(tmp_path / "a.tsv").x.tolist() == [
        '"hello there',
        "buy it now",
        "see you then",
        "last chance now",
    ]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("swapped", [True, False])
@pytest.mark.parametrize(("name", "sign"), [("a.csv", ","), ("a.tsv", "\t")])
def test_two_columns_tell_what_they_are(tmp_path, header, swapped, name, sign):
    pairs = [("good", "well, made"), ("bad", "broke at once"), ("good", "I like it"), ("bad", 'a "bad" one')] * 2
    lines = ([("mood", "what was said")] if header else []) + [
        (label, f"{text} {n}") for n, (label, text) in enumerate(pairs)
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows([line[::-1] if swapped else line for line in lines])
    (tmp_path / name).write_text(text.getvalue())
    rows = dataset_of(tmp_path / name)
    assert (rows.kind, rows.names) == ("text", ("bad", "good"))
    assert rows.x[0] == "well, made 0"
    assert rows.y.tolist() == [1, 0] * 4


def test_two_categories_are_no_texts(tmp_path):
    (tmp_path / "a.csv").write_text("play,sky\n" + "yes,sunny\nno,rain\nyes,clouds\n" * 5)
    with pytest.raises(DataError, match=r"data\.target is missing"):
        dataset_of(tmp_path / "a.csv")


def test_texts_have_no_scale(sms):
    with pytest.raises(DataError, match=r"data\.scaling = \"standard\""):
        load_search_data(DataSettings(dataset=str(sms), scaling="standard"), seed=7)
