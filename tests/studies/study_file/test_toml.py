"""TOML from outside is read within limits, and everything else is a sentence."""

import codecs

import pytest

from studies.study_file.toml import DEEPEST, LARGEST_FILE, parse_toml, read_toml, unreadable

SOUND = b'objective = "quadratic"\n'


def test_a_mark_at_the_beginning_is_no_part_of_the_text(tmp_path):
    (tmp_path / "a.toml").write_bytes(codecs.BOM_UTF8 + SOUND.replace(b"\n", b"\r\n"))
    assert read_toml(tmp_path / "a.toml") == {"objective": "quadratic"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (SOUND.decode().encode("utf-16"), "UTF-16; save it in UTF-8"),
        (SOUND.decode().encode("utf-16-be"), "is not valid TOML"),
        (codecs.BOM_UTF16_BE + SOUND.decode().encode("utf-16-be"), "UTF-16; save it in UTF-8"),
        (SOUND + b'name = "M\xfcller"\n', r"not a text in UTF-8 \(line 2\)"),
        (SOUND + b'name = "a\0b"\n', "is not valid TOML"),
        (SOUND * 2, "is not valid TOML: Cannot overwrite"),
        (b"a = " + b"[" * 3000 + b"]" * 3000, "nests hundreds"),
        (b"a = " + b"{a=" * 3000 + b"1" + b"}" * 3000, "nests hundreds"),
        (b"a = " + b"9" * 5000, "integer of more than 4,300 digits"),
        (b"a." * 200_000 + b"a = 1", "a key of a hundred parts"),
        (b"['a'." + b'"a" . ' * 200_000 + b"a]", "a key of a hundred parts"),
        (b"#" * (LARGEST_FILE + 1), "more than 4 MiB"),
        (b"a" * LARGEST_FILE, "is not valid TOML"),
    ],
)
def test_what_is_not_read_is_said(tmp_path, content, sentence):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises((OSError, ValueError), match=sentence):
        read_toml(tmp_path / "a.toml")


def nested(depth, inner):
    return {"a": inner} if depth == 1 else {"a": nested(depth - 1, inner)}


CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"budget": {"trials": 2**63}}, "budget.trials"),
        ({"start": [{"x": 1}, {"x": -(2**63) - 1}]}, "start[1].x"),
        ({"name": "a\0b"}, "name"),
        (nested(DEEPEST + 1, 1), "a"),
        ({"start": CIRCLE}, "start"),
        ({"space": {1: 2}}, "space"),
        ({"space": {"a\0": 2}}, "space"),
        ({"data": {"dataset": "\udcff.csv"}}, "data.dataset"),
        (parse_toml("a = 0x" + "f" * 5000), "a"),
    ],
)
def test_what_no_study_can_have_is_told_by_its_key(table, key):
    [(found, sentence)] = unreadable(table)
    assert found == key
    assert len(sentence) < 100


def test_a_study_is_far_within_the_limits():
    assert unreadable({"space": {"x": {"choices": [2**63 - 1, -(2**63), 1e300], "when": {"y": ["a"]}}}}) == []
