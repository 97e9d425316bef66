"""Folders of class folders of images."""

import numpy as np
import pytest
from helpers.datasets import dataset_of

from objectives.data.paths import digest
from objectives.errors import DataError


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
    rows = dataset_of(folder)
    assert (rows.x.shape, rows.x.dtype, rows.kind) == ((6, 8, 8, 1), np.uint8, "image")
    assert (rows.names, rows.y.tolist(), rows.classes) == (("nought", "one"), [0, 0, 0, 1, 1, 1], 2)
    assert (rows.x[0].ravel() == x[y == 0][0] * 15).all()
    assert dataset_of(folder, image_size=[6, 4]).x.shape == (6, 6, 4, 1)


def test_one_image_in_colour_makes_all_three_channels_and_the_first_decides_the_size(folder):
    image(folder / "one" / "z.JPG", size=(30, 20), format="JPEG")
    rows = dataset_of(folder)
    assert rows.x.shape == (7, 8, 8, 3)
    assert rows.x[-1, 4, 4, 0] > 250
    assert rows.x[-1, 4, 4, 1:].max() < 5


def spoil_text(folder):
    (folder / "one" / "notes.txt").write_text("x")


def spoil_broken(folder):
    (folder / "one" / "0.png").write_bytes(b"\x89PNG cut")


def spoil_cut(folder):
    path = folder / "one" / "0.png"
    path.write_bytes(path.read_bytes()[:-30])


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
        (spoil_loose, r"0\.png lies in no class folder"),
        (spoil_empty, "two holds no images"),
        (spoil_parts, r"train holds the folder one and no images.*dataset = "),
        (spoil_alone, "it has 1"),
    ],
)
def test_a_wrong_folder_is_refused_in_a_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(DataError, match=sentence):
        dataset_of(folder)


def test_images_larger_than_the_memory_are_refused_before_they_are_read(folder):
    with pytest.raises(DataError, match="give a smaller image_size"):
        dataset_of(folder, image_size=[2**20, 2**20])


def finder_leaves_a_file(folder):
    (folder / ".DS_Store").write_text("x")
    (folder / "one" / ".DS_Store").write_text("x")
    (folder / "one" / "Thumbs.db").write_text("x")
    (folder / ".hidden" / "0.png").write_text("x")


def an_image_is_added(folder):
    image(folder / "one" / "new.png")


def an_image_is_gone(folder):
    (folder / "one" / "0.png").unlink()


def an_image_is_another(folder):
    image(folder / "one" / "0.png", size=(64, 64))


def an_image_is_loose(folder):
    image(folder / "loose.png")


@pytest.mark.parametrize("is_linked", [False, True])
@pytest.mark.parametrize(
    ("change", "is_seen"),
    [
        (finder_leaves_a_file, False),
        (an_image_is_added, True),
        (an_image_is_gone, True),
        (an_image_is_another, True),
        (an_image_is_loose, True),
    ],
)
def test_what_is_watched_of_a_folder_is_what_is_read(folder, tmp_path, change, is_seen, is_linked):
    watched = folder
    if is_linked:
        (watched := tmp_path / "linked").mkdir()
        for name in ("one", "nought"):
            (watched / name).symlink_to(folder / name)
    before = digest(str(watched))
    assert before == digest(str(watched))
    change(folder)
    if not (is_linked and change is an_image_is_loose):  # the folder of links has no such image
        assert (digest(str(watched)) != before) is is_seen
