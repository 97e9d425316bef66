from helpers.paths import ROOT

from studies.study_file.reference import section

REFERENCE = ROOT / "docs" / "reference.md"


def test_the_reference_has_every_parameter_as_it_is():
    assert section() in REFERENCE.read_text("utf-8"), "put what parameter_tables.section() returns into reference.md"
