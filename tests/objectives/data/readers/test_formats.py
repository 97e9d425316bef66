import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from helpers.paths import DATA

from objectives.data.loading import load_dataset, load_search_data
from objectives.data.paths import absolute, is_path, path_fault
from objectives.data.settings import DataSettings
from objectives.errors import DataError

TITANIC = {
    "class": ["first", "second", "third", "third"] * 10,
    "fare": [71.3, 13.0, 7.9, 8.1] * 10,
    "age": list(range(40)),
    "survived": [1, 1, 0, 0] * 10,
}


def rows_of(path, **settings):
    return load_dataset(DataSettings(dataset=str(path), **settings))


def written(path, columns, sign=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=sign)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def wine():
    from sklearn.datasets import load_wine

    table = load_wine()
    return {**dict(zip(table.feature_names, table.data.T, strict=True)), "cultivar": table.target}


# --- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "sign"), [("a.csv", ","), ("a.csv", ";"), ("a.tsv", "\t"), ("a.txt", "\t")])
def test_a_table_is_the_same_whatever_parts_its_cells(tmp_path, name, sign):
    rows = rows_of(written(tmp_path / name, wine(), sign), target="cultivar")
    known = load_dataset(DataSettings(dataset="wine"))
    assert (rows.x == known.x).all()
    assert (rows.y == known.y).all()
    assert (rows.classes, rows.kind, rows.names) == (3, "table", ("0", "1", "2"))


def test_texts_become_a_feature_for_each_category(tmp_path):
    rows = rows_of(written(tmp_path / "a.csv", TITANIC), target="survived")
    assert rows.x[:4].tolist() == [[1, 0, 0, 71.3, 0], [0, 1, 0, 13.0, 1], [0, 0, 1, 7.9, 2], [0, 0, 1, 8.1, 3]]
    assert rows.y[:4].tolist() == [1, 1, 0, 0]
    ignoring = rows_of(tmp_path / "a.csv", target="survived", ignore=["class", "age"])
    assert ignoring.x[:2].tolist() == [[71.3], [13.0]]


def test_a_category_that_the_training_part_lacks_counts_nowhere(tmp_path):
    columns = {"port": ["q"] + ["c", "s"] * 30, "y": [0] + [0, 1] * 30}
    splits = load_search_data(
        DataSettings(dataset=str(written(tmp_path / "a.csv", columns)), target="y", evaluation="k-fold"), seed=3
    )
    sums = [np.concatenate([data.x_train, data.x_validation])[:, 1].sum() for data in splits]
    held_out = [data.x_train[:, 1].sum() == 0 for data in splits]
    assert sum(held_out) == 1 or sum(held_out) == 5  # in one fold's validation part, or in the test part
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
    rows = rows_of(written(tmp_path / "a.csv", {"x": list(range(40)), "y": target}), target="y", task=task)
    assert rows.classes == classes
    if classes is None:
        assert rows.y.tolist() == target
        assert rows.y.dtype == np.float32
    else:
        assert [rows.names[number] for number in rows.y] == [str(value) for value in target]


def test_a_parquet_file_is_read_like_a_csv_file(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table({**TITANIC, "class": pa.array(TITANIC["class"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet")
    rows = rows_of(tmp_path / "a.parquet", target="survived")
    same = rows_of(written(tmp_path / "a.csv", TITANIC), target="survived")
    assert (rows.x == same.x).all()
    assert (rows.y == same.y).all()
    texts = rows_of(tmp_path / "a.parquet", target="survived", text="class")
    assert texts.x[:2].tolist() == ["first", "second"]


def test_the_types_of_a_parquet_file_become_numbers(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns = {
        "bool": [True, False, True, False],
        "small": pa.array([1, 2, 3, 4], pa.int8()),
        "decimal": pa.array([Decimal("0.5")] * 4),
        "numbers in a dictionary": pa.array([7, 8, 7, 8]).dictionary_encode(),
        "y": [False, True, True, False],
    }
    (tmp_path / "year=2024").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "year=2024" / "a.parquet")
    rows = rows_of(tmp_path / "year=2024" / "a.parquet", target="y")
    assert rows.x.tolist() == [[1, 1, 0.5, 7], [0, 2, 0.5, 8], [1, 3, 0.5, 7], [0, 4, 0.5, 8]]
    assert rows.y.tolist() == [0, 1, 1, 0]


def parquet(columns):
    def write(path):
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        pq.write_table(pa.table(columns), path)

    return write


DAYS = [date(2024, 1, 1 + day) for day in range(4)]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"d": DAYS, "y": [0, 1, 0, 1]}, 'column "d" holds dates or times'),
        ({"x": [1.0, None, 3.0, None], "y": [0, 1, 0, 1]}, 'column "x" has no value in 2 of 4 rows'),
        ({"x": ["a", None, "a", "b"], "y": [0, 1, 0, 1]}, 'column "x" has no value in 1 of 4 rows'),
        ({"x": [[1], [2], [3], [4]], "y": [0, 1, 0, 1]}, 'column "x" holds list'),
        ({"a": [1, 2, 3, 4], "b": [0, 1, 0, 1]}, 'data.target = "y": .* no such column; its columns are "a", "b"'),
    ],
    ids=["dates", "numbers missing", "texts missing", "lists", "no such column"],
)
def test_a_wrong_parquet_file_is_refused_in_a_sentence(tmp_path, columns, sentence):
    parquet(columns)(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=sentence):
        rows_of(tmp_path / "a.parquet", target="y")


def test_what_is_no_parquet_file_is_refused(tmp_path):
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        rows_of(tmp_path / "a.parquet", target="y")


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
    "missing values": ("a,y\n,0\nNA,1\n3,0\n4,1", {"target": "y"}, 'column "a" has no value in 2 of 4 rows'),
    "missing targets": ("a,y\n1,\n2,1\n3,0\n4,1", {"target": "y"}, 'column "y" has no value in 1 of 4 rows'),
    "infinite": ("a,y\ninf,0\n2,1\n3,0\n4,1", {"target": "y"}, 'column "a" holds infinite'),
    "numbers and words": ("a,y\n1,0\n2,1\n3,0\nmany,1", {"target": "y"}, 'in 1 of 4 rows something else, first "many"'),
    "dates": ("d,y\n2024-01-02,0\n2024-01-03,1\n2024-01-02,0", {"target": "y"}, 'column "d" holds dates or times'),
    "dates of Europe": ("d,y\n1.2.2024,0\n1.3.2024,1\n1.2.2024,0", {"target": "y"}, 'column "d" holds dates or times'),
    "names of rows": ("n,y\nann,0\nbob,1\neva,0\ndan,1", {"target": "y"}, r'"n" has 4 different .* ignore = \["n"\]'),
    "index of pandas": (",a,y\n0,1,0\n1,2,1\n2,1,0\n3,1,1", {"target": "y"}, r'without a name.* ignore = \[""\]'),
    "a name twice": ("a,a,y\n1,2,0\n3,4,1", {"target": "y"}, '"a" stands there twice'),
    "target alone": ("a,y\n1,0\n2,1\n1,0\n1,1", {"target": "y", "ignore": ["a"]}, "no column beside the target"),
    "one class": ("a,y\n1,0\n2,0\n1,0", {"target": "y"}, '"y" is "0" in every row'),
    "one amount": ("a,y\n1,.5\n2,.5\n1,.5", {"target": "y"}, '"y" is 0.5 in every row'),
    "classes that are none": ("a,y\n1,q\n2,r\n1,s\n2,t", {"target": "y"}, "4 different values in 4 rows"),
    "texts as amounts": ("a,y\n1,q\n2,r", {"target": "y", "task": "regression"}, 'holds texts such as "q"'),
    "empty texts": ("a,y\nso it is,0\n,1\nso,0\nit,1", {"target": "y", "text": "a"}, "is empty in 1 of 4 rows"),
    "many columns": (
        ",".join(f"c{n}" for n in range(30)) + "\n" + "1," * 29 + "1",
        {"target": "c"},
        '"c19" and 10 more',
    ),
    "numbers as texts": ("a,y\n1,0\n2,1\n1,0\n1,1", {"target": "y", "text": "a"}, "holds numbers, no texts"),
    "no rows": ("a,y", {"target": "y"}, "has no rows"),
    "uneven": ("a,y\n1,0\n1,2,3", {"target": "y"}, "line 3 has 3 cells, the first has 2: put"),
    "uneven below a blank line": ("a,y\n\n1,0\n1\n", {"target": "y"}, "line 4 has 1 cells.*a cell is missing"),
    "decimal commas": ("a;y\n1,5;0\n2;1\n1,5;0\n2;1", {"target": "y"}, 'holds numbers written as "1,5"'),
    "amounts": ("a;y\n1;$1,234.50\n2;$7\n3;$1,000\n4;12", {"target": "y"}, 'numbers written as "\\$1,234.50"'),
    "shares": ("a,y\n5%,0\n7.5 %,1\n5%,0\n7.5 %,1", {"target": "y"}, 'numbers written as "5%"'),
    "dates in words": (
        "d,y\n1 Jan 2024,0\n2 Jan 2024,1\n1 Jan 2024,0",
        {"target": "y"},
        'column "d" holds dates or times',
    ),
    "times": ("d,y\n13:05,0\n14:30,1\n13:05,0", {"target": "y"}, 'column "d" holds dates or times'),
    "a sign for missing": ("a,y\n1,0\n1e200,1\n3,0\n4,1", {"target": "y"}, "too large to learn from.* in 1 of 4 rows"),
    "one column": ("a\n1\n2", {"target": "a"}, "only one column"),
    "empty": ("\n\n", {"target": "a"}, "is empty"),
}


def test_words_that_only_look_like_amounts_are_categories(tmp_path):
    (tmp_path / "a.csv").write_text("a;b;y\n1,5 mm;1_0;x\n2 mm;2_0;y\n1,5 mm;1_0;x\n2 mm;2_0;y\n5-10;1_0;x\n")
    assert rows_of(tmp_path / "a.csv", target="y").x.shape == (5, 3 + 2)


def test_large_numbers_of_classes_keep_their_names(tmp_path):
    (tmp_path / "a.csv").write_text("a,y\n" + "".join(f"{row},{1_000_001 + row % 3}\n" for row in range(9)))
    assert rows_of(tmp_path / "a.csv", target="y").names == ("1000001", "1000002", "1000003")


@pytest.mark.parametrize("case", TABLE)
def test_a_wrong_csv_file_is_refused_in_a_sentence(tmp_path, case):
    text, settings, sentence = TABLE[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=sentence):
        rows_of(tmp_path / "a.csv", **settings)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path):
    (tmp_path / "a.csv").write_bytes("a,y\n1,0\nJosé,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"not in UTF-8 \(line 3\)"):
        rows_of(tmp_path / "a.csv", target="y")


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sms():
    path = DATA / "sms_spam.tsv"
    if not path.is_file():
        pytest.skip(f"no {path}: set STUDYHALL_TEST_DATA to a folder that holds it")
    return path


def test_real_messages_are_read_with_their_labels(sms):
    for settings in ({}, {"text": "SMS"}, {"target": "Label", "text": "SMS"}):
        rows = rows_of(sms, **settings)
        assert (rows.kind, rows.names, len(rows.x)) == ("text", ("ham", "spam"), 5574)
        assert np.bincount(rows.y).tolist() == [4827, 747]
        assert rows.x[1] == "Ok lar... Joking wif u oni..."
    [data] = load_search_data(DataSettings(dataset=str(sms)), seed=7)
    assert (data.x_train.dtype, data.x_train.shape, data.x_validation.shape) == (object, (3344,), (1115,))


def test_one_message_with_an_open_quote_swallows_no_others(tmp_path):
    (tmp_path / "a.tsv").write_text(
        'ham\t"hello there\n' + "spam\tbuy it now\nham\tsee you then\nspam\tlast chance now\n"
    )
    assert rows_of(tmp_path / "a.tsv").x.tolist() == ['"hello there', "buy it now", "see you then", "last chance now"]


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
    rows = rows_of(tmp_path / name)
    assert (rows.kind, rows.names) == ("text", ("bad", "good"))
    assert rows.x[0] == "well, made 0"
    assert rows.y.tolist() == [1, 0] * 4


def test_two_categories_are_no_texts(tmp_path):
    (tmp_path / "a.csv").write_text("play,sky\n" + "yes,sunny\nno,rain\nyes,clouds\n" * 5)
    with pytest.raises(DataError, match=r"data\.target is missing"):
        rows_of(tmp_path / "a.csv")


def test_texts_have_no_scale(sms):
    with pytest.raises(DataError, match=r"data\.scaling = \"standard\""):
        load_search_data(DataSettings(dataset=str(sms), scaling="standard"), seed=7)


# --- arrays -----------------------------------------------------------------------------------------------------------


def test_an_archive_with_a_test_part_is_divided_in_two(tmp_path):
    x, y = np.arange(400.0).reshape(100, 4), np.arange(100) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y)
    [two] = load_search_data(DataSettings(dataset=str(tmp_path / "a.npz")), seed=7)
    [three] = load_search_data(DataSettings(dataset=str(tmp_path / "b.npz")), seed=7)
    assert (len(two.x_train), len(three.x_train)) == (80, 60)
    with pytest.raises(DataError, match=r"two ratios .* predefined test split"):
        load_search_data(DataSettings(dataset=str(tmp_path / "a.npz"), split=(0.6, 0.2, 0.2)), seed=7)
    with pytest.raises(DataError, match="has a predefined test split, and all"):
        load_search_data(DataSettings(dataset=str(tmp_path / "a.npz"), evaluation="k-fold", split=(0.8, 0.2)), seed=7)


@pytest.mark.parametrize(
    ("x", "y", "kind", "shape", "classes"),
    [
        (np.zeros((8, 5, 4), np.uint8), np.arange(8) % 2, "image", (8, 5, 4, 1), 2),
        (np.zeros((8, 5, 4, 3)), np.arange(8) / 3, "image", (8, 5, 4, 3), None),
        (np.zeros((8, 3), np.int16), (np.arange(8) % 2).reshape(-1, 1), "table", (8, 3), 2),
        (np.array(["a b", "c"] * 4), np.array(["up", "down"] * 4), "text", (8,), 2),
    ],
)
def test_the_shape_of_an_array_tells_its_kind(tmp_path, x, y, kind, shape, classes):
    np.savez(tmp_path / "a.npz", x=x, y=y)
    rows = rows_of(tmp_path / "a.npz")
    assert (rows.kind, rows.x.shape, rows.classes, rows.y.shape) == (kind, shape, classes, (8,))


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


GOOD_Y = np.arange(4) % 2


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"x": np.zeros((4, 2)), "z": GOOD_Y}, "it holds x, z"),
        ({"x": np.zeros(4), "y": GOOD_Y}, r"x has the shape \(4,\) and holds float64"),
        ({"x": np.zeros((4, 2), complex), "y": GOOD_Y}, "allowed: numbers"),
        ({"x": np.zeros((4, 0)), "y": GOOD_Y}, "at least one"),
        ({"x": np.full((4, 2), 1e200), "y": GOOD_Y}, "x of .* holds 8 numbers too large to learn from"),
        ({"x": np.full((4, 2), np.nan), "y": GOOD_Y}, "x of .* holds 8 values that are no finite numbers"),
        ({"x": np.zeros((4, 2)), "y": np.full(4, np.inf)}, "y of .* holds 4 values"),
        ({"x": np.zeros((4, 2)), "y": np.zeros((4, 2))}, "y must have one value a row"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, complex)}, "y holds complex128"),
    ],
)
def test_a_wrong_archive_is_refused_in_a_sentence(tmp_path, arrays, sentence):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        rows_of(tmp_path / "a.npz")


def test_code_in_an_archive_is_not_run(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([Trap(tmp_path / "ran")] * 4, dtype=object), y=GOOD_Y)
    with pytest.raises(DataError, match="x holds Python objects") as caught:
        rows_of(tmp_path / "a.npz")
    assert "pickle" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_a_damaged_archive_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", x=np.random.default_rng(0).normal(size=(400, 20)), y=np.arange(400) % 2)
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    whole[5000:5100] = bytes(100)
    (tmp_path / "a.npz").write_bytes(whole)
    with pytest.raises(DataError, match="damaged"):
        rows_of(tmp_path / "a.npz")


# --- images ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Three handwritten digits of two classes each, as PNG files."""
    from PIL import Image
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    for name, label in (("one", 1), ("nought", 0)):
        (tmp_path / "digits" / name).mkdir(parents=True)
        for place, row in enumerate(x[y == label][:3]):
            Image.fromarray((row.reshape(8, 8) * 15).astype(np.uint8)).save(tmp_path / "digits" / name / f"{place}.png")
    (tmp_path / "digits" / ".hidden").mkdir()
    return tmp_path / "digits"


def image(path, size=(8, 8), mode="RGB", colour="red", **options):
    from PIL import Image

    Image.new(mode, size, colour).save(path, **options)


def test_grey_images_are_read_pixel_by_pixel(folder):
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rows = rows_of(folder)
    assert (rows.x.shape, rows.x.dtype, rows.kind) == ((6, 8, 8, 1), np.uint8, "image")
    assert (rows.names, rows.y.tolist(), rows.classes) == (("nought", "one"), [0, 0, 0, 1, 1, 1], 2)
    assert (rows.x[0].ravel() == x[y == 0][0] * 15).all()
    assert rows_of(folder, image_size=[6, 4]).x.shape == (6, 6, 4, 1)


def test_one_image_in_colour_makes_all_three_channels_and_the_first_decides_the_size(folder):
    image(folder / "one" / "z.JPG", size=(30, 20), format="JPEG")
    rows = rows_of(folder)
    assert rows.x.shape == (7, 8, 8, 3)
    assert rows.x[-1, 4, 4, 0] > 250
    assert rows.x[-1, 4, 4, 1:].max() < 5


def test_an_image_is_turned_as_its_camera_was_held(folder):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    image(folder / "nought" / "0.jpg", size=(30, 20), exif=exif)
    (folder / "nought" / "0.png").unlink()
    assert rows_of(folder).x.shape == (6, 30, 20, 3)


def spoil_text(folder):
    (folder / "one" / "notes.txt").write_text("x")


def spoil_broken(folder):
    (folder / "one" / "0.png").write_bytes(b"\x89PNG cut")


def spoil_cut(folder):
    path = folder / "one" / "0.png"
    path.write_bytes(path.read_bytes()[:-30])


def spoil_deep(folder):
    image(folder / "one" / "0.png", mode="I;16", colour=300)


def spoil_loose(folder):
    image(folder / "0.png")


def spoil_empty(folder):
    (folder / "two").mkdir()


def spoil_parts(folder):
    (folder / "train" / "one").mkdir(parents=True)


def spoil_alone(folder):
    (folder / "one").rename(folder.parent / "one")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (spoil_text, r"notes\.txt is no image that is read"),
        (spoil_broken, r"0\.png cannot be read as an image"),
        (spoil_cut, r"0\.png cannot be read as an image"),
        (spoil_deep, "more than 8 bits"),
        (spoil_loose, r"0\.png lies in no class folder"),
        (spoil_empty, "two holds no images"),
        (spoil_parts, r"train holds the folder one and no images.*dataset = "),
        (spoil_alone, "it has 1"),
    ],
)
def test_a_wrong_folder_is_refused_in_a_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(DataError, match=sentence):
        rows_of(folder)


def test_images_larger_than_the_memory_are_refused_before_they_are_read(folder):
    with pytest.raises(DataError, match="give a smaller image_size"):
        rows_of(folder, image_size=[2**20, 2**20])


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["a.csv", "./images", "~/a", "/data/a.npz", "A.PARQUET", "a\\b"])
def test_a_path_is_known_by_its_look(dataset):
    assert is_path(dataset)


@pytest.mark.parametrize("dataset", ["mnist", "images", "a.xlsx", ""])
def test_a_name_is_no_path(dataset):
    assert not is_path(dataset)
    assert absolute(dataset, Path("/data")) == dataset


def test_what_lies_at_a_path_is_told_without_reading(tmp_path):
    (tmp_path / "cats.csv").touch()
    (tmp_path / "cats.xlsx").touch()
    assert path_fault(str(tmp_path / "cats.csv")) is None
    assert path_fault(str(tmp_path)) is None
    assert 'did you mean "cats.csv"' in path_fault(str(tmp_path / "cat.csv"))
    assert "is a file; allowed" in path_fault(str(tmp_path / "cats.xlsx"))
    assert "no such file" in path_fault(str(tmp_path / "nowhere" / "a.csv"))
