import re

from helpers.paths import ROOT

from studies.spec.study import StudySpec
from studies.study_file.reference import TABLES, updated
from studies.study_file.schema import SECTIONS, keys

REFERENCE = ROOT / "docs" / "reference.md"
NAMES_IN_ONE_CELL = 16


def test_the_reference_has_every_table_as_the_code_has_it():
    text = REFERENCE.read_text("utf-8")

    assert sorted(re.findall(r"<!-- table: (.+?) -->", text)) == sorted(TABLES)
    assert updated(text) == text, "run `python -m studies.study_file.reference docs/reference.md`"


def test_every_key_of_a_study_file_says_what_it_means():
    found = {key.name: key.help for key in keys()}

    assert set(StudySpec.model_fields) - set(SECTIONS) <= found.keys()
    assert [name for name, meaning in found.items() if not meaning] == []


def test_no_cell_is_a_list_of_forty_names():
    cells = [
        cell for line in REFERENCE.read_text("utf-8").splitlines() if line.startswith("|") for cell in line.split("|")
    ]

    assert [cell for cell in cells if cell.count("`") > 2 * NAMES_IN_ONE_CELL] == []
