"""What objectives hand to Optuna's databases is kept there as in Optuna's memory, as far as JSON can hold it."""

import numpy as np
import optuna
import optuna.terminator
import pytest

from storage.claims import claim
from storage.optuna_schema import trial_id_of
from storage.optuna_schema.json_values import as_json
from storage.processes import ProcessIdentity


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_scores_of_folds_may_be_an_array(opened):
    study = optuna.load_study(study_name="s", storage=opened)
    trial = optuna.Trial(study, claim(opened, 1, "w", ProcessIdentity.current()))
    optuna.terminator.report_cross_validation_scores(trial, np.array([0.5, 0.25]))
    kept = opened.get_trial(trial_id_of(trial)).system_attrs
    assert [value for key, value in kept.items() if key.startswith("terminator:")] == [[0.5, 0.25]]


def test_what_no_json_holds_is_refused_as_by_optuna(opened):
    number = claim(opened, 1, "w", ProcessIdentity.current())
    with pytest.raises(TypeError, match="object"):
        opened.set_trial_system_attr(number, "key", object())


def test_what_cannot_be_kept_is_named():
    with pytest.raises(TypeError, match="complex"):
        as_json({"a": [1, 2j]})
