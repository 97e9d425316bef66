"""Keys and values of a study file that have another name now: each gets a sentence with the new one."""

import pytest

from objectives.registry import HYPERMODELS
from objectives.space.parameters import former_names
from studies.errors import StudyFileError
from studies.spec.renamed import KEYS, VALUES
from studies.study_file.reading import read_study


def told(key, value):
    with pytest.raises(StudyFileError) as caught:
        read_study("digits_mlp", {key: value})
    return str(caught.value)


@pytest.mark.parametrize(("old", "new"), KEYS.items())
def test_an_old_key_gets_the_sentence_with_the_new_one(old, new):
    assert f"{old}: is called {new} in this version" in told(old, 3)


@pytest.mark.parametrize(("key", "old", "new"), [(*pair, new) for pair, new in VALUES.items()])
def test_an_old_value_gets_the_sentence_with_the_new_one(key, old, new):
    assert f'"{old}" is called "{new}" in this version; write {key} = "{new}"' in told(key, old)


@pytest.mark.parametrize(
    ("objective", "old", "new"),
    [(name, *pair) for name, one in HYPERMODELS.items() for pair in former_names(one.parameters).items()],
)
def test_a_parameter_under_its_former_name_gets_the_sentence_with_the_new_one(objective, old, new):
    with pytest.raises(StudyFileError) as caught:
        read_study(objective, {f"space.{old}": 3})
    assert f"space.{old}: is called {new} in this version; write {new} instead" in str(caught.value)
