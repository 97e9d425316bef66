"""What the documents name is there: files, links and their headings, commands, options, ready studies, keys."""

import re
import shlex
import tomllib
from itertools import pairwise

import pytest
from helpers.paths import ROOT

from objectives.registry import HYPERMODELS
from objectives.training.metrics import METRICS
from studies import api
from studies.commands.app import command_line
from studies.spec.study import StudySpec
from studies.study_file.reading import gallery, read_study, setting

DOCUMENTS = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / ".github") for path in folder.glob("*.md") if path.is_file()
)
FOLDERS = ("objectives", "storage", "studies", "tests", "docs", ".github", ".ci")
KEYS = {"--sampler": "sampler", "--trials": "budget.trials"}
GROUP = command_line()


def text_of(document):
    return document.read_text("utf-8")


def headings(document):
    """The anchors that GitHub makes of a document's headings."""
    code = re.sub(r"^```.*?^```", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.+)$", code, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def blocks(document, language):
    """The code blocks of a document that are in that language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text_of(document), flags=re.MULTILINE | re.DOTALL)
    return [block for name, block in found if name == language]


def command_lines(document):
    """Every `studyhall ...` of a document as words: in backquotes, and on a line of its own in a block."""
    text = text_of(document)
    found = re.findall(r"`(studyhall [^`\n]*)`", text)
    for block in blocks(document, ""):
        lines = map(str.strip, block.splitlines())
        found += [line.partition("  #")[0] for line in lines if line.startswith("studyhall ")]
    return [shlex.split(line)[1:] for line in found]


def command_of(words):
    """The command that a line means, with what follows it; the group of all where it names none."""
    group, rest = GROUP, list(words)
    while rest and rest[0] in getattr(group, "commands", {}):
        group, rest = group.commands[rest[0]], rest[1:]
    return group.load() if hasattr(group, "load") else group, rest


LINES = [(document, words) for document in DOCUMENTS for words in command_lines(document) if words[:1] != ["COMMAND"]]


def test_there_are_documents_with_commands():
    assert len(DOCUMENTS) >= 5
    assert len(LINES) > 30


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_file_that_a_document_names_is_there(document):
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text_of(document))
    ours = [path for path in named if path.split("/")[0] in FOLDERS and "NAME" not in path]
    assert [path for path in ours if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_link_leads_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text_of(document)):
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        assert file.exists(), target
        assert not anchor or anchor in headings(file), target


def test_every_command_line_has_a_command_and_options_that_exist():
    wrong = []
    for document, words in LINES:
        command, rest = command_of(words)
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        ours = rest[: rest.index("--")] if "--" in rest else rest  # what stands behind it is a file's own
        given = {word.partition("=")[0] for word in ours if word.startswith("-")}
        if not given <= options or (command is GROUP and len(given) < len(words)):
            wrong.append((document.name, words))
    assert wrong == []


def test_every_ready_study_that_a_document_launches_is_one_with_keys_that_exist(tmp_path, monkeypatch):
    (tmp_path / "sms_spam.tsv").touch()
    monkeypatch.setenv("STUDYHALL_DATA", str(tmp_path))
    launched = set()
    for document, words in LINES:
        if words[0] not in ("launch", "check") or len(words) < 2 or "." in words[1] or words[1].isupper():
            continue
        if words[1] in HYPERMODELS:
            continue
        assert words[1] in gallery(), document.name
        given = list(pairwise(words))
        settings = dict(setting(text) for word, text in given if word == "--set" and "$" not in text)
        settings |= {KEYS[word]: setting(f"x={text}")[1] for word, text in given if word in KEYS}
        read_study(words[1], settings)
        launched.add(words[1])
    assert len(launched) > 10


REFERENCE = ROOT / "docs" / "reference.md"


def test_the_reference_names_every_option_of_every_command():
    sections = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##)", text_of(REFERENCE), flags=re.MULTILINE | re.DOTALL))
    for name, command in walked(GROUP):
        options = {
            max(parameter.opts, key=len) for parameter in command.params if parameter.param_type_name == "option"
        }
        assert {option for option in options if option not in sections[name]} == {"--help"} & options, name


def walked(group, *above):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from walked(command, *above, name)
        else:
            yield " ".join([*above, name]), command.load() if hasattr(command, "load") else command


def test_the_reference_has_every_metric():
    (_, section) = text_of(REFERENCE).split("\n## Metrics\n")
    table = section.partition("\n## ")[0]
    assert [name for name in METRICS if f"`{name}`" not in table and f"`val_{name}`" not in table] == []
    better = {
        name: "minimize" if direction.startswith("smaller") else "maximize"
        for names, direction in re.findall(r"^\| (`.+?`) \| (\w+) \|", table, flags=re.MULTILINE)
        for name in re.findall(r"`(\w+)`", names)
    }
    assert {name: METRICS[name].better for name in better} == better


@pytest.mark.parametrize("block", blocks(REFERENCE, "toml"))
def test_a_study_file_that_the_reference_shows_has_keys_that_exist(block):
    # A block may show one key several times.
    for part in [block] if block.count("\ndata") < 2 else block.splitlines():
        StudySpec.model_validate({"name": "shown", "objective": "mlp", **tomllib.loads(part)})


def test_the_reference_has_every_function_for_notebooks():
    (_, section) = text_of(REFERENCE).split("\n## Python\n")
    text = section.partition("\n## ")[0]
    functions = [name for name in api.__all__ if not name[0].isupper()]
    assert [name for name in functions if f"`{name}(" not in text] == []
