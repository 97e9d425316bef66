"""The learning rate of every epoch is that of the formula, in a trial that is resumed too."""

import math

import pytest
from helpers.one_thread import resuming_drills

from objectives.models.mlp import MLP
from objectives.models.parts import schedules

EPOCHS = 6

COSINE = [1.0, 0.5, 1.0, (1 + math.cos(math.pi / 4)) / 2, 0.5, (1 - math.cos(math.pi / 4)) / 2]

# Settings -> the share of the learning rate in each epoch, by hand.
SHARES = {
    "linear": ({"final_fraction": 0.0}, [6 / 6, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
    "time_based": ({"decay_rate": 0.5}, [1, 1 / 1.5, 1 / 2, 1 / 2.5, 1 / 3, 1 / 3.5]),
    "exponential": ({"decay_rate": 0.1}, [math.exp(-0.1 * epoch) for epoch in range(6)]),
    "step": ({"decay_factor": 0.5, "decay_every": 2}, [1, 1, 0.5, 0.5, 0.25, 0.25]),
    "cosine": ({"restart_epochs": 2, "restart_factor": 2.0}, COSINE),
    # Nothing gains on val_loss by more than 1e-4 when the rate is that small, so every second epoch is one too many.
    "plateau": ({"plateau_factor": 0.5, "plateau_patience": 2, "learning_rate": 1e-9}, [1, 1, 1, 0.5, 0.5, 0.25]),
}
STEPS = {name: [1, 2] if name == "cosine" else [2] for name in SHARES}
# The layers that change images have a random state, which must be kept as well.
IMAGES = {"family": "cnn", "rotate": 20.0, "shift": 0.1, "flip": "horizontal", "brightness": 0.1, "schedule": "step"}


def rate(epoch, epochs=EPOCHS, **params):
    return schedules.rate({**MLP.defaults, **params}, epoch, epochs)


@pytest.mark.parametrize("name", [name for name in SHARES if name != "plateau"])
def test_a_schedule_follows_its_formula(name):
    given, shares = SHARES[name]
    rates = [rate(epoch, schedule=name, learning_rate=0.2, **given) for epoch in range(EPOCHS)]
    assert rates == pytest.approx([0.2 * share for share in shares])


@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_final_fraction_is_what_is_left(name):
    settings = {"schedule": name, "learning_rate": 0.5, "final_fraction": 0.25, "restart_epochs": 1000}
    assert rate(0, epochs=1000, **settings) == 0.5
    assert rate(999, epochs=1000, **settings) == pytest.approx(0.125, abs=1e-3)


def test_a_cosine_with_equal_cycles_starts_over_again_and_again():
    settings = {"schedule": "cosine", "learning_rate": 1.0, "restart_epochs": 3, "restart_factor": 1.0}
    assert [rate(epoch, **settings) for epoch in (0, 3, 6, 300)] == [1.0] * 4
    assert rate(302, **settings) == pytest.approx(0.25)


@pytest.fixture(scope="module")
def trained():
    """What became of a trial with each schedule: never interrupted, and requeued."""
    orders = []
    for name, (given, _) in SHARES.items():
        settings = {"epochs": EPOCHS, "patience": 100, "schedule": name, **given}
        orders += [("sgd", [], settings), ("sgd", STEPS[name], settings)]
    settings = {"epochs": 4, "patience": 100, **IMAGES}
    orders += [("adam", [], settings), ("adam", [0, 2], settings)]
    found = resuming_drills(orders)
    return dict(zip([*SHARES, "images"], zip(found[::2], found[1::2], strict=True), strict=True))


@pytest.mark.parametrize("name", SHARES)
def test_every_epoch_of_a_trial_has_its_rate(trained, name):
    given, shares = SHARES[name]
    whole, _ = trained[name]
    expected = [given.get("learning_rate", 0.2) * share for share in shares]
    assert whole["attributes"]["curves"]["learning_rate"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", [*SHARES, "images"])
def test_a_resumed_trial_has_the_curves_of_one_never_interrupted(trained, name):
    whole, resumed = trained[name]
    assert resumed["resumed_at"] == [step + 1 for step in STEPS.get(name, [0, 2])]
    for key in ("value", "reports", "attributes"):
        assert resumed[key] == whole[key]
