"""Trials with everything that a trial can have, drawn from a seed."""

import math
import random
from datetime import datetime, timedelta

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

DISTRIBUTIONS = {
    "x": (FloatDistribution(-1e300, 1e300), [0.1, -1e299, 5e-324]),
    "rate": (FloatDistribution(1e-9, 1.0, log=True), [1e-9, 0.3]),
    "half": (FloatDistribution(0.0, 2.0, step=0.5), [0.5, 2.0]),
    "units": (IntDistribution(1, 2**40, log=True), [1, 2**40]),
    "even": (IntDistribution(-4, 4, step=2), [-4, 0]),
    "odd one": (CategoricalDistribution((None, True, 1, 1.5, "ü\n'\"", "")), [None, True, 1.5, "ü\n'\"", ""]),
    "one": (CategoricalDistribution(("only",)), ["only"]),
}
SPECIAL = [math.inf, -math.inf, 0.0, -0.0, 1e308, 1 / 3]
ATTRIBUTES = [None, 1, 2.5, math.inf, "text \u202e 'quoted'", [1, [2, {}]], {"deep": {"er": [None]}}]


def random_trial(draw: random.Random, objectives: int):
    """A trial in any state; reports and values may be infinite, reports may be NaN."""
    state = draw.choice(list(TrialState))
    names = draw.sample(list(DISTRIBUTIONS), draw.randint(0, len(DISTRIBUTIONS)))
    steps = draw.sample(range(-1 if draw.random() < 0.1 else 0, 40), draw.choice([0, 1, 5]))
    trial = create_trial(
        state=state,
        values=[draw.choice(SPECIAL) for _ in range(objectives)] if state is TrialState.COMPLETE else None,
        params={name: draw.choice(DISTRIBUTIONS[name][1]) for name in names},
        distributions={name: DISTRIBUTIONS[name][0] for name in names},
        user_attrs={f"key {n}": draw.choice(ATTRIBUTES) for n in range(draw.randint(0, 3))},
        system_attrs={f"key {n}": draw.choice(ATTRIBUTES) for n in range(draw.randint(0, 3))},
        intermediate_values={step: draw.choice([*SPECIAL, math.nan]) for step in steps},
    )
    start = datetime(2026, 3, 29, 0, 30) + timedelta(minutes=draw.randint(0, 10**6), microseconds=draw.randint(0, 999))
    trial.datetime_start = draw.choice([None, start]) if state is TrialState.WAITING else start
    trial.datetime_complete = start + timedelta(seconds=draw.random()) if state.is_finished() else None
    return trial


def fill(storage, study_id: int, seed: int, count: int, objectives: int = 1) -> None:
    """Put so many random trials into a study."""
    draw = random.Random(seed)
    with storage.transaction():
        for _ in range(count):
            storage.create_new_trial(study_id, random_trial(draw, objectives))
