"""Images of every format, depth and mode: read as they are, or refused in a sentence; nothing else is said."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from helpers.datasets import dataset_of

from objectives.errors import DataError

GREY = np.arange(0, 4080, 17, dtype=np.uint16).reshape(12, 20)
COLOUR = np.stack([GREY, GREY.T.reshape(12, 20), GREY[::-1]], axis=-1)
FORMATS = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"]


@pytest.fixture(autouse=True)
def _without_a_word(capfd):
    """Neither Python nor a library says anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert capfd.readouterr().err == ""


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path


def fill(folder, picture, suffix=".png", **options):
    """The same picture in both classes: an array, an image of Pillow, or the bytes of a file."""
    from PIL import Image

    for name in ("a", "b"):
        path = folder / name / f"0{suffix}"
        if isinstance(picture, bytes):
            path.write_bytes(picture)
        else:
            made = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
            made.save(path, **options)
    return folder


def plain(mode="RGB", colour=None, size=(20, 12)):
    from PIL import Image

    return Image.new(mode, size, {"RGB": (200, 30, 90)}.get(mode, 0) if colour is None else colour)


def deep_png(values, kind, transparent=b""):
    """A PNG of 16 bits a channel, which Pillow does not write in colour; `kind` is the number of its colour type."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)), (b"tRNS", transparent)]
    parts += [(b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts if part[1] or part[0] == b"IEND")


def deep_tiff(values, samples=3):
    """A TIFF of 16 bits a channel, which Pillow does not write in colour."""
    height, width = values.shape[:2]
    content = struct.pack("<HHH", 16, 16, 16) + values.astype("<u2").tobytes()
    tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 14)]
    tags += [(277, 3, 1, samples), (278, 4, 1, height), (279, 4, 1, len(content) - 6)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(content)) + content + struct.pack("<H", len(tags)) + entries + bytes(4)


def notes_of(rows):
    """But the one on images of one colour, as most are here."""
    return [note for note in rows.notes if "of one colour" not in note]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read(folder, suffix):
    rows = dataset_of(fill(folder, plain(), suffix))
    assert (rows.x.shape, rows.x.dtype, notes_of(rows)) == ((2, 12, 20, 3), np.uint8, [])
    assert abs(rows.x.astype(int) - (200, 30, 90)).max() < 4  # JPEG and WebP are near


@pytest.mark.parametrize(
    ("picture", "suffix", "options"),
    [
        (GREY, ".png", {}),
        (GREY, ".tif", {}),
        (GREY, ".tif", {"compression": "tiff_lzw"}),
        (GREY.astype(">u2"), ".tif", {}),
        (deep_png(GREY, 0), ".png", {}),
        (GREY.astype(np.int32) - 300, ".tif", {}),
        (GREY.astype(np.float32) / 7, ".tif", {}),
    ],
)
def test_one_channel_keeps_its_bits(folder, picture, suffix, options):
    from PIL import Image

    rows = dataset_of(fill(folder, picture, suffix, **options))
    expected = GREY if isinstance(picture, bytes) else picture
    assert rows.x.shape == (2, 12, 20, 1)
    assert rows.x.dtype == expected.dtype.newbyteorder("=")
    assert (rows.x[0, :, :, 0] == expected).all()
    small = dataset_of(folder, image_size=[6, 10]).x
    assert small.dtype == rows.x.dtype
    exact = Image.fromarray(expected.astype(np.float32)).resize((10, 6), Image.Resampling.BILINEAR)
    assert abs(small[0, :, :, 0] - np.asarray(exact)).max() <= 1  # rounded once a side


@pytest.mark.parametrize(
    ("picture", "suffix", "sentence"),
    [
        (deep_png(COLOUR, 2), ".png", "more than 8 bits in each of several channels.*x of an .npz"),
        (deep_png(np.dstack([COLOUR, GREY]), 6), ".png", "more than 8 bits in each"),
        (deep_png(np.dstack([GREY, GREY]), 4), ".png", "more than 8 bits in each"),
        (deep_tiff(COLOUR), ".tif", "more than 8 bits in each"),
        (deep_png(GREY, 0, transparent=b"\0\x11"), ".png", "more than 8 bits a channel and is transparent"),
        (np.full((4, 4), np.nan, np.float32), ".tif", "32 values that are no finite numbers"),
    ],
)
def test_what_would_lose_its_bits_is_refused(folder, picture, suffix, sentence):
    with pytest.raises(DataError, match=sentence):
        dataset_of(fill(folder, picture, suffix))


@pytest.mark.parametrize("other", [GREY.astype(np.uint8), GREY.astype(np.float32), GREY.astype(np.int32)])
def test_one_folder_has_one_number_of_bits(folder, other):
    from PIL import Image

    fill(folder, GREY, ".tif")
    Image.fromarray(other).save(folder / "b" / "0.tif")
    with pytest.raises(DataError, match=r"a/0.tif has 16 bits a channel and .*b/0.tif (8|32) bits.*convert all"):
        dataset_of(folder)


def palette(colours):
    """An image of a palette, with a pixel of each colour in turn."""
    picture = plain("P", 0)
    picture.putpalette([part for colour in colours for part in colour])
    picture.putdata([place % len(colours) for place in range(240)])
    return picture


@pytest.mark.parametrize(
    ("picture", "suffix", "channels", "first"),
    [
        (plain("1", 1), ".png", 1, (255,)),
        (plain("1", 1), ".tif", 1, (255,)),
        (plain("L", 77), ".bmp", 1, (77,)),
        (palette([(9, 9, 9), (200, 200, 200)]), ".png", 1, (9,)),
        (palette([(9, 9, 9), (200, 100, 200)]), ".png", 3, (9, 9, 9)),
        (palette([(9, 9, 9), (200, 100, 200)]), ".gif", 3, (9, 9, 9)),
        (plain("CMYK", (0, 255, 255, 0)), ".jpg", 3, (255, 0, 0)),
        (plain("CMYK", (0, 255, 255, 0)), ".tif", 3, (255, 0, 0)),
        (plain("RGBA", (50, 60, 70, 255)), ".png", 3, (50, 60, 70)),
        (plain("RGBA", (50, 60, 70, 255)), ".webp", 3, (50, 60, 70)),
    ],
)
def test_every_mode_becomes_grey_or_colour(folder, picture, suffix, channels, first):
    rows = dataset_of(fill(folder, picture, suffix))
    assert rows.x.shape == (2, 12, 20, channels)
    assert abs(rows.x[0, 0, 0].astype(int) - first).max() < 4
    assert notes_of(rows) == []


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_of_several_frames_the_first_is_read_and_told(folder, suffix):
    rows = dataset_of(fill(folder, plain("L", 90), suffix, save_all=True, append_images=[plain("L", 9)]))
    assert set(np.unique(rows.x)) == {90}
    assert notes_of(rows) == [
        f'2 of 2 images are the first of several frames or pages, which alone is read, such as "a/0{suffix}"'
    ]


@pytest.mark.parametrize(
    ("suffix", "options"),
    [(".jpg", {"quality": 100}), (".png", {}), (".tif", {}), (".tif", {"compression": "tiff_lzw"})],
)
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_an_image_is_turned_as_its_camera_was_held(folder, suffix, options, orientation):
    from PIL import Image

    held = np.repeat(np.repeat(np.array([[0, 250], [90, 160]], np.uint8), 8, axis=0), 16, axis=1)
    tag = Image.Exif()
    tag[0x0112] = orientation
    rows = dataset_of(fill(folder, held, suffix, exif=tag, **options))
    turned = np.rot90(held, {1: 0, 3: 2, 6: 3, 8: 1}[orientation])
    assert rows.x.shape[1:3] == turned.shape
    assert abs(rows.x[0, :, :, 0].astype(int) - turned).max() < 4


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\0\0\0brok", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"]
)
def test_damaged_notes_of_a_camera_do_no_harm(folder, exif):
    assert dataset_of(fill(folder, plain(), ".jpg", exif=exif)).x.shape == (2, 12, 20, 3)


def test_images_of_other_sizes_are_told_unless_the_study_gives_one(folder):
    fill(folder, plain(size=(30, 10)))
    plain(size=(8, 8)).save(folder / "b" / "1.png")
    assert notes_of(dataset_of(folder)) == [
        '1 of 3 images is resized to 10 x 30, the size of the first, such as "b/1.png"'
    ]
    assert notes_of(dataset_of(folder, image_size=[9, 9])) == []


def test_images_that_show_nothing_are_told(folder):
    fill(folder, GREY.astype(np.uint8))
    plain().save(folder / "b" / "1.png")
    assert dataset_of(folder).notes == ('1 of 3 images is of one colour throughout, such as "b/1.png"',)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
def test_a_file_cut_short_is_refused(folder, suffix, share):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    path = fill(folder, noise, suffix) / "b" / f"0{suffix}"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=rf"b/0{suffix} cannot be read as an image: it is damaged"):
        dataset_of(folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<svg/>", "damaged, or of another kind than its name says"),
        (deep_tiff(COLOUR, samples=99), "damaged"),
        (deep_png(np.zeros((1, 1)), 9), "damaged"),
    ],
)
def test_what_is_no_image_is_refused(folder, content, sentence):
    with pytest.raises(DataError, match=sentence):
        dataset_of(fill(folder, content))


def test_a_large_image_is_read_and_a_huge_one_refused(folder):
    fill(folder, plain("L", 9))
    plain("1", 1, (10_000, 10_000)).save(folder / "b" / "1.png")
    assert dataset_of(folder).x[2].min() == 255
    plain("1", 1, (14_000, 14_000)).save(folder / "b" / "1.png")
    with pytest.raises(DataError, match=r"1\.png cannot be read as an image: it has more pixels"):
        dataset_of(folder)


def test_a_format_is_told_by_the_file_and_not_by_its_name(folder):
    assert dataset_of(fill(folder, plain(), ".png", format="BMP")).x[0, 0, 0].tolist() == [200, 30, 90]
