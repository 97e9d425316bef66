"""The table of engines holds engines, and refuses what it does not hold."""

import pytest

from studies.errors import StudyError
from studies.execution.engines.base import Engine
from studies.execution.engines.table import DEFAULT_ENGINE, ENGINES, engine_named


@pytest.mark.parametrize("name", ENGINES)
def test_every_line_names_an_engine(name):
    assert issubclass(engine_named(name), Engine)


def test_the_default_is_in_the_table():
    assert DEFAULT_ENGINE in ENGINES


def test_another_name_is_refused_with_those_there_are():
    with pytest.raises(StudyError, match="no engine 'slurm'; allowed: local"):
        engine_named("slurm")
