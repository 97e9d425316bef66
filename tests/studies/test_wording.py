"""The commands that sentences offer, and a log's lines."""

import io
import logging
import re

import pytest
from architecture.figures import modules

from studies.wording import PrintableFormatter, command_line, offered

# Who may quote by himself: the one function, the room below it, and a URL that holds no backquote.
ALLOWED = ("objectives/wording.py", "objectives/user_code/loading.py", "storage/opening.py")


@pytest.mark.parametrize(
    ("command", "names", "flags", "line"),
    [
        ("resume", ["digits_mlp"], "", "studyhall resume digits_mlp"),
        ("show", ["my study", 3], "", "studyhall show 'my study' 3"),
        ("resume", ["x"], "--accept-changes", "studyhall resume x --accept-changes"),
        ("resume", ["x"], " --storage a.db", "studyhall resume x --storage a.db"),
        ("resume", ["--help"], "--accept-changes", "studyhall resume --accept-changes -- --help"),
        ("show", ["-x", 3], " --storage a.db", "studyhall show --storage a.db -- -x 3"),
        ("dashboard", [], "", "studyhall dashboard"),
    ],
)
def test_a_command_is_written_as_it_is_typed(command, names, flags, line):
    assert command_line(command, *names, flags=flags) == line
    assert offered(command, *names, flags=flags) == f"`{line}`"


def test_a_log_line_holds_nothing_that_a_terminal_obeys():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PrintableFormatter("%(levelname)s %(message)s"))
    log = logging.Logger("test")
    log.addHandler(handler)
    try:
        raise ValueError("bad \x1b[2J")
    except ValueError:
        log.exception("trial %s", "\u202ex")
    lines = stream.getvalue().splitlines()
    assert lines[0] == r"ERROR trial \u202ex"
    assert lines[-1] == r"ValueError: bad \x1b[2J"


def test_no_sentence_puts_a_command_together_by_itself():
    found = {
        f"{module.place}: {line.strip()}"
        for module in modules("objectives", "storage", "studies")
        for line in module.text.splitlines()
        if re.search(r"`studyhall [^`]*\{|shlex\.", line) and module.place not in ALLOWED
    }
    assert found == set()
