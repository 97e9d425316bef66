"""What a launch exits with."""

import pytest
from optuna.trial import TrialState, create_trial

from studies.execution.outcome import LaunchOutcome, StopReason, exit_code


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_has_an_exit_code(study, reason):
    study.storage.create_new_trial(study.study_id, create_trial(value=1.0))
    signals = {"INTERRUPTED": 130, "TERMINATED": 143, "HUNG_UP": 129}
    bad = ["TOO_MANY_FAILURES", "SAME_ERROR", "SAMPLER_FAILED", "UNUSABLE", "GIVEN_UP", "CANNOT_START"]
    faults = dict.fromkeys(bad, 1)
    # As a resume, which refuses for the same reason.
    refused = {"CHANGED": 2}
    assert exit_code(study, LaunchOutcome(ended=reason)) == (signals | faults | refused).get(reason.name, 0)


def test_a_study_of_nothing_but_failures_is_no_good_end(study):
    study.storage.create_new_trial(study.study_id, create_trial(state=TrialState.FAIL))
    assert exit_code(study, LaunchOutcome(ended=StopReason.STOPPED)) == 1
    assert exit_code(study, LaunchOutcome(ended=StopReason.INTERRUPTED)) == 130
