"""Every study of the gallery, for two tiny trials: on its own data where they are at hand, else on a stand-in."""

import numpy as np
import pytest
from optuna.trial import TrialState

from studies.spec.resolving import resolve
from studies.study_file.reading import gallery, read_study

SIDE, ROWS = 28, 240


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory):
    """A data folder with what the gallery needs from outside, in the same layouts: few rows, easily told apart."""
    folder, draw = tmp_path_factory.mktemp("data"), np.random.default_rng(7)
    labels = np.arange(ROWS) % 10
    kinds = draw.integers(0, 256, (10, SIDE, SIDE))
    images = np.clip(kinds[labels] + draw.normal(0, 20, (ROWS, SIDE, SIDE)), 0, 255).astype(np.uint8)
    for name in ("mnist", "fashion_mnist"):
        np.savez(folder / f"{name}.npz", x_train=images, y_train=labels.astype(np.uint8))
    words = {"ham": "see you at home tonight", "spam": "win a free prize now"}
    lines = [f"{label}\t{words[label]} {number}" for number in range(60) for label in words]
    (folder / "sms_spam.tsv").write_text("\n".join(lines))
    return folder


@pytest.mark.parametrize("name", gallery())
def test_two_trials(make_study, work, stand_ins, monkeypatch, name):
    monkeypatch.setenv("STUDYHALL_DATA", str(stand_ins))
    given = read_study(name)
    settings = {"budget.trials": 2}
    if given.train is not None:
        settings |= {"train.epochs": 1, "train.fraction": 1.0}
    if given.data is not None and given.data.folds is not None:
        settings |= {"data.folds": 2}
    spec = read_study(name, settings)
    study = make_study(**spec.model_dump(exclude={"seed"}))
    assert work(study, resolve(spec.objective).load(spec)) == "budget reached"
    trials = study.study.get_trials()
    assert [trial.state for trial in trials if trial.state.is_finished()] == [TrialState.COMPLETE] * 2
    assert all(np.isfinite(trial.values).all() for trial in trials[:2])
