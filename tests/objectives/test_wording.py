"""Text from outside in our sentences: nothing that a terminal obeys, and one word for any shell."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.wording import did_you_mean, printable, quoted, shell_word

NAMES = [
    "digits_mlp",
    "a b",
    "it's",
    'say "yes"',
    "a'; touch PWNED; '",
    "b$(touch PWNED)",
    "c`touch PWNED`",
    "d`touch PWNED`'; touch PWNED; '\\'",
    "back\\slash `",
    "line\nbreak; touch PWNED",
    "\x1b]0;OWNED\x07\x1b[2J",
    "\u202egnp.exe",
    "!! !$ `",
    "&& touch PWNED #",
    "*?[a]{b,c}~ $HOME",
    "",
    "größe 学习率 🎉",
    "e\u0301 \xa0 \u3000",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größe, 学习率, 🎉", "plain, größe, 学习率, 🎉"),
        ("\x1b]0;OWNED\x07\x1b[2J", r"\x1b]0;OWNED\x07\x1b[2J"),
        ("a\r\nb\tc\x7f", r"a\r\nb\tc\x7f"),
        ("\x9b31m\x85", r"\x9b31m\x85"),
        ("\u202egnp.exe \u2066x\u2069 \u200e\u200f", r"\u202egnp.exe \u2066x\u2069 \u200e\u200f"),
        ("\u200b\ufeff\xad\u2060", r"\u200b\ufeff\xad\u2060"),
        ("\udcff\ud800", r"\udcff\ud800"),
        ("\u2028\u2029\U000e0041", r"\u2028\u2029\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_or_not_show_is_escaped(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_lines_are_kept_where_text_may_have_several():
    assert printable("a\n\tb\r\x1b[0m", lines=True) == "a\n\tb\\r\\x1b[0m"


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_one_word_and_runs_nothing(tmp_path, shell, name):
    word = shell_word(name)
    assert word == printable(word)
    assert "`" not in word
    done = subprocess.run(
        [shell, "-c", f"printf '%s\\0' {word} end"],
        cwd=tmp_path,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/root"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.split(b"\0")
    assert rest == [b"end", b""]
    # dash takes $'...' for a dollar sign and a text, which is another name and no command
    assert shell == "sh" or first.decode() == name
    assert list(tmp_path.iterdir()) == []


def test_a_byte_that_is_no_utf_8_comes_out_as_it_was():
    done = subprocess.run(["bash", "-c", f"printf %s {shell_word('a' + chr(0xDCFF))}"], capture_output=True, check=True)
    assert done.stdout == b"a\xff"


@given(st.text(max_size=20))
def test_whatever_the_text_is_nothing_of_it_is_obeyed(text):
    for shown in (printable(text), shell_word(text), quoted(text)):
        assert shown == printable(shown)
    assert "`" not in shell_word(text) + quoted(text)


def test_backquotes_in_a_sentence_mark_commands_alone():
    assert quoted("c`x`") == r"'c\x60x\x60'"
    assert did_you_mean("c`", ["c`d"]) == r'; did you mean "c\u0060d"?'
