"""A training that was interrupted and goes on in the same process ends as one never interrupted, to the last bit."""

import pytest
from helpers.one_thread import resuming_drills

RUNS = {
    ("adam", "never"): [],
    ("adam", "after every epoch"): list(range(9)),
    ("rmsprop", "never"): [],
    ("rmsprop", "once"): [2],
    ("sgd", "never"): [],
    ("sgd", "once"): [2],
    # Steps count on from run to run, nine to each.
    ("sgd, three times", "never"): [],
    ("sgd, three times", "in the first and third run"): [2, 19],
}


@pytest.fixture(scope="module")
def trained():
    """What became of each of RUNS."""
    orders = [(name.split(",")[0], steps, {"seeds": 3 if "," in name else 1}) for (name, _), steps in RUNS.items()]
    return dict(zip(RUNS, resuming_drills(orders), strict=True))


@pytest.mark.parametrize(("optimizer", "when"), [key for key, steps in RUNS.items() if steps])
def test_a_requeued_trial_has_the_curve_of_one_never_interrupted(trained, optimizer, when):
    whole, resumed = trained[optimizer, "never"], trained[optimizer, when]
    steps = RUNS[optimizer, when] if "," in optimizer else RUNS[optimizer, when][: len(whole["reports"])]
    assert resumed["resumed_at"] == [step + 1 for step in steps]
    assert whole["resumed_at"] == []
    for key in ("value", "reports", "attributes"):
        assert resumed[key] == whole[key]


def test_folds_are_kept_over_an_interruption(trained):
    folds = trained["sgd, three times", "in the first and third run"]["attributes"]["folds"]
    assert [fold["repeat"] for fold in folds] == [0, 1, 2]
    assert len({fold["value"] for fold in folds}) == 3


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "sgd"])
def test_those_trials_learned_and_were_stopped_early(trained, optimizer):
    trial = trained[optimizer, "never"]
    assert trial["attributes"]["ended"] == "early stopping"
    assert 4 < trial["attributes"]["epochs"] < 9
    assert trial["value"] < 0.5
