"""What the objective, sampler and pruner of a worker write to a trial, they write while the worker owns it."""

import copy
import pickle
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState

from storage.claims import claim, finish, requeue
from storage.optuna_schema import trial_id_of
from storage.owned_trial import TrialLost, written_by_owner
from storage.processes import ProcessIdentity

ME = ProcessIdentity.current()
SOMEBODY = replace(ME, pid=1, born=1)


@pytest.fixture
def study(opened):
    """A worker's study."""
    return optuna.load_study(study_name="s", storage=written_by_owner(opened, ME))


@pytest.fixture
def trial(opened, study):
    """A worker's trial, with a parameter and a report."""
    trial = optuna.Trial(study, claim(opened, 1, "w", ME))
    trial.suggest_float("x", 0, 1)
    trial.report(0.5, 0)
    return trial


def suggest(trial):
    trial.suggest_float("y", 0, 1)


def report(trial):
    trial.report(1.0, 1)


def set_user_attr(trial):
    trial.set_user_attr("k", "late")


def set_constraint(trial):
    trial.set_constraint("c", 5.0)


def upload_artifact(trial):
    store = optuna.artifacts.FileSystemArtifactStore("nowhere")
    optuna.artifacts.upload_artifact(artifact_store=store, file_path=__file__, study_or_trial=trial)


def set_system_attr(trial):
    trial.storage.set_trial_system_attr(trial_id_of(trial), "ddp_pl:pruned", True)


WRITES = [suggest, report, set_user_attr, set_constraint, upload_artifact, set_system_attr]


@pytest.mark.parametrize("end", ["runs elsewhere", "waits", "is finished"])
@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_nothing_is_written_to_a_trial_that_was_lost(opened, study, trial, write, end):
    # Given a trial that was taken away
    number = trial_id_of(trial)
    requeue(opened, number, ME, "death")
    if end != "waits":
        assert claim(opened, 1, "v", SOMEBODY) == number
    if end == "is finished":
        theirs = optuna.load_study(study_name="s", storage=opened)
        finish(opened, theirs, optuna.Trial(theirs, number), SOMEBODY, state=TrialState.COMPLETE, values=[2.0])
    before = opened.get_trial(number)
    # Then no call writes to it, whatever an objective catches
    with pytest.raises(TrialLost) as raised:
        write(trial)
    assert not isinstance(raised.value, Exception)
    assert opened.get_trial(number) == before


@pytest.mark.parametrize("write", WRITES[:4], ids=lambda write: write.__name__)
def test_its_owner_writes(opened, trial, write):
    before = opened.get_trial(trial_id_of(trial))
    write(trial)
    assert opened.get_trial(trial_id_of(trial)) != before


def test_a_trial_that_no_worker_has_claimed_is_everybodys(opened, study, trial):
    more = study.ask()
    requeue(opened, trial_id_of(trial), ME, "death")
    study.tell(more, more.suggest_float("x", 0, 1))
    assert opened.get_trial(trial_id_of(more)).state is TrialState.COMPLETE


def test_the_guarded_storage_shares_the_transactions_of_the_other(opened, study, trial):
    def set_and_fail():
        with opened.transaction():
            trial.set_user_attr("k", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        set_and_fail()
    assert opened.get_trial(trial_id_of(trial)).user_attrs == {}


@pytest.mark.parametrize("make", [copy.deepcopy, lambda storage: pickle.loads(pickle.dumps(storage))])
def test_a_copy_is_not_guarded(opened, trial, make):
    again = make(written_by_owner(opened, ME))
    requeue(opened, trial_id_of(trial), ME, "death")
    again.set_trial_user_attr(trial_id_of(trial), "k", 1)
    assert opened.get_trial(trial_id_of(trial)).user_attrs == {"k": 1}
    again.engine.dispose()
