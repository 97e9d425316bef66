"""Transparent images: one ground for a folder, on which its shapes are seen."""

import numpy as np
import pytest
from helpers.datasets import dataset_of

from objectives.errors import DataError

WHITE, BLACK, GREY = 255, 0, 128


def disc(radius, colour, inner=0, fill=None):
    """A disc, or a ring around a disc of another shade, on nothing: an image of Pillow in the mode RGBA."""
    from PIL import Image

    y, x = np.mgrid[:32, :32] - 15.5
    distance = np.hypot(y, x)
    pixels = np.zeros((32, 32, 4), np.uint8)
    if fill is not None:
        pixels[distance < inner] = (*[fill] * 3, 255)
    pixels[(distance >= inner) & (distance < radius)] = (*[colour] * 3, 255)
    return Image.fromarray(pixels)


def opaque(colour):
    from PIL import Image

    return Image.new("RGB", (32, 32), colour)


def folder_of(folder, first, second, suffix=".png", mode="RGBA", **options):
    """Six images of each class, made by two functions of their number."""
    for name, made in (("first", first), ("second", second)):
        (folder / name).mkdir()
        for number in range(6):
            image = made(number)
            image = image.quantize(8) if mode == "P" else image.convert(mode) if image.mode == "RGBA" else image
            image.save(folder / name / f"{number}{suffix}", **options)
    return folder


def grounds(rows):
    """The shade of all corners of each image; -1 where these differ."""
    corners = rows.x[:, [0, 0, -1, -1], [0, -1, 0, -1]].reshape(len(rows.x), -1)
    return [int(row[0]) if (row == row[0]).all() else -1 for row in corners]


@pytest.mark.parametrize(
    ("suffix", "mode", "options"),
    [
        (".png", "RGBA", {}),
        (".png", "LA", {}),
        (".png", "P", {}),
        (".gif", "RGBA", {}),
        (".webp", "RGBA", {"lossless": True}),
        (".tif", "RGBA", {}),
        (".tif", "LA", {}),
    ],
)
@pytest.mark.parametrize(("shade", "ground"), [(0, WHITE), (60, WHITE), (255, BLACK), (221, BLACK), (200, BLACK)])
def test_shapes_are_seen_in_every_mode(tmp_path, suffix, mode, options, shade, ground):
    made = [lambda number: disc(4 + number, shade), lambda number: disc(4 + number, shade, inner=3 + number)]
    rows = dataset_of(folder_of(tmp_path, *made, suffix, mode, **options))
    assert grounds(rows) == [ground] * 12
    assert set(np.unique(rows.x)) == {shade, ground}
    assert len(np.unique(rows.x.reshape(12, -1), axis=0)) == 12
    name = "white" if ground else "black"
    assert rows.notes == (f'12 of 12 images are transparent and laid on {name}, such as "first/0{suffix}"',)


@pytest.mark.parametrize(
    ("mode", "shade", "transparent", "ground"),
    [("L", 255, 0, BLACK), ("1", 255, 0, BLACK), ("RGB", 255, (0, 0, 0), BLACK), ("RGB", 40, (0, 0, 0), WHITE)],
)
def test_one_colour_may_be_transparent(tmp_path, mode, shade, transparent, ground):
    def made(number):
        return disc(4 + number, shade)

    rows = dataset_of(folder_of(tmp_path, made, made, mode=mode, transparency=transparent))
    assert grounds(rows) == [ground] * 12


@pytest.mark.parametrize(
    ("first", "second", "ground"),
    [
        # Black icons and white ones.
        (lambda n: disc(4 + n, 0), lambda n: disc(4 + n, 255), GREY),
        # One white icon among black ones, which white would hide.
        (lambda n: disc(4 + n, 0), lambda n: disc(6 + n, 0 if n else 255, 3), GREY),
        # Filled in white or not filled: the same on white, and little of the second kind is seen on black.
        (lambda n: disc(8 + n, 0, 4 + n, fill=255), lambda n: disc(8 + n, 0, 4 + n), GREY),
        # Half transparent.
        (lambda n: disc(4 + n, 0), lambda n: disc(4 + n, 90), WHITE),
        # In the middle: as far from both.
        (lambda n: disc(4 + n, 128), lambda n: disc(6 + n, 128, 3), BLACK),
    ],
)
def test_shapes_of_several_shades_are_all_seen(tmp_path, first, second, ground):
    rows = dataset_of(folder_of(tmp_path, first, second))
    assert grounds(rows) == [ground] * 12
    assert len(np.unique(rows.x.reshape(12, -1), axis=0)) >= 11


@pytest.mark.parametrize(
    ("shade", "corner", "ground"),
    [
        (150, 255, WHITE),
        (150, 0, BLACK),
        (100, 255, WHITE),
        (100, 0, BLACK),
        # The corners say nothing, or what would hide the shapes.
        (150, 120, BLACK),
        (100, 120, WHITE),
        (255, 255, BLACK),
        (0, 0, WHITE),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_corners_of_opaque_images_decide_where_both_would_do(tmp_path, shade, corner, ground, mode):
    def beside(number):
        return opaque((corner, corner, corner)).convert(mode)

    rows = dataset_of(folder_of(tmp_path, lambda number: disc(4 + number, shade), beside))
    assert grounds(rows) == [ground] * 6 + [corner] * 6
    assert rows.notes[0].startswith("6 of 12 images are transparent and laid on ")


def test_what_shows_nothing_is_told(tmp_path):
    rows = dataset_of(folder_of(tmp_path, lambda n: disc(4 + n, 0), lambda n: disc(0 if n == 3 else 4 + n, 0)))
    assert grounds(rows) == [WHITE] * 12
    assert rows.notes[1] == '1 of 12 images is of one colour throughout, such as "second/3.png"'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda n: disc(0, 0), lambda n: disc(0, 0)),
        (lambda n: disc(4 + n, 0), lambda n: disc(0, 0)),
        (lambda n: disc(4 + n, (0, 128, 255)[n % 3]), lambda n: disc(4 + n, (0, 128, 255)[n % 3])),
    ],
)
def test_a_folder_that_no_ground_can_show_is_refused(tmp_path, first, second):
    with pytest.raises(DataError, match=r"\d+ of 12 transparent images, such as .*\.png, show nothing on white, black"):
        dataset_of(folder_of(tmp_path, first, second))


def test_images_with_an_alpha_channel_and_nothing_transparent_are_opaque(tmp_path):
    rows = dataset_of(folder_of(tmp_path, lambda n: opaque((n, 0, 9)).convert("RGBA"), lambda n: opaque((n, 90, 9))))
    assert rows.notes == ('12 of 12 images are of one colour throughout, such as "first/0.png"',)
    assert rows.x[2, 5, 5].tolist() == [2, 0, 9]


def test_a_black_image_beside_transparent_black_shapes_stays_black(tmp_path):
    rows = dataset_of(folder_of(tmp_path, lambda n: disc(4 + n, 0), lambda n: opaque("black")))
    assert (grounds(rows), rows.x[6:].max()) == ([WHITE] * 6 + [BLACK] * 6, 0)
