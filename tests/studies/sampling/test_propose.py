"""What a trial is to evaluate is proposed once, before its objective runs."""

import pytest
from optuna.trial import TrialState

from storage import open_storage
from storage.claims import claim, requeue
from storage.processes import ProcessIdentity
from studies.execution.trial import WorkerStudy
from studies.record.creation import create_or_join
from studies.sampling.propose import Proposer
from studies.sampling.pruners import make_pruner
from studies.spec.study import StudySpec

ME = ProcessIdentity.current()
SPACE = {"x": {"low": 0, "high": 9}, "y": {"low": 0.0, "high": 1.0}, "z": {"choices": ["a", "b"]}}


@pytest.fixture
def begin(make_study):
    """Make a study; returns it, a proposer for it, and how to claim its next trial."""

    def make(**settings):
        stored = make_study(**{"objective": "quadratic", "space": SPACE, "budget": {"trials": 99}, **settings})
        spec = stored.required_spec()
        study = WorkerStudy(stored.name, stored.storage, pruner=make_pruner(spec))
        proposer = Proposer(study=study, storage=stored.storage, spec=spec)
        return stored, proposer, lambda: claim(stored.storage, stored.study_id, "w0", ME)

    return make


def test_a_point_stands_in_the_trial_before_its_objective_runs(begin):
    stored, proposer, claim_one = begin()
    trial_id = claim_one()
    proposal = proposer.propose(trial_id)
    (trial,) = stored.study.get_trials()
    assert trial.params.keys() == SPACE.keys()
    assert proposal.trial.params == {}
    assert proposal.duplicate_of is None


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "nsgaii"])
def test_who_proposes_again_finds_the_same(begin, sampler):
    stored, proposer, claim_one = begin(sampler=sampler)
    trial_id = claim_one()
    proposer.propose(trial_id)
    before = stored.storage.get_trial(trial_id).params
    requeue(stored.storage, trial_id, ME, "interrupted")
    assert claim_one() == trial_id
    proposer.propose(trial_id)
    assert stored.storage.get_trial(trial_id).params == before


def test_what_a_start_point_leaves_out_is_drawn(begin):
    stored, proposer, claim_one = begin(start=[{"x": 7}, {"x": 7, "y": 0.5, "z": "b"}])
    for trial_id in (claim_one(), claim_one()):
        proposer.propose(trial_id)
    first, second = stored.study.get_trials()
    assert first.params["x"] == 7
    assert first.params.keys() == SPACE.keys()
    assert second.params == {"x": 7, "y": 0.5, "z": "b"}


def test_half_a_point_of_an_earlier_attempt_is_kept_and_made_whole(begin):
    stored, proposer, claim_one = begin()
    trial_id = claim_one()
    proposer.propose(trial_id)
    row = stored.storage.get_trial(trial_id)
    other = claim_one()
    name = "x"
    stored.storage.set_trial_param(other, name, 3.0, row.distributions[name])
    proposer.propose(other)
    params = stored.storage.get_trial(other).params
    assert params["x"] == 3
    assert params.keys() == SPACE.keys()


def test_a_point_that_runs_elsewhere_is_taken(begin):
    small = {"x": {"low": 0, "high": 1}, "y": {"choices": [0.0, 1.0]}}
    stored, proposer, claim_one = begin(space=small)
    for _ in range(4):
        assert proposer.propose(claim_one()).duplicate_of is None
    points = {tuple(trial.params.values()) for trial in stored.study.get_trials()}
    assert len(points) == 4


def test_an_objective_of_ones_own_gets_a_sampler_and_no_parameters(begin):
    stored, proposer, claim_one = begin(space={})
    proposer.propose(claim_one())
    (trial,) = stored.study.get_trials()
    assert trial.params == {}


@pytest.mark.parametrize("sampler", ["tpe", "bruteforce"])
def test_a_finite_space_that_was_widened_is_searched_on(run_here, work, location, sampler):
    narrow = {name: {"low": 0, "high": 3} for name in "xy"}
    run_here("s", 12, space=narrow, sampler=sampler)
    wide = {"x": {"low": 0, "high": 3}, "y": {"low": 0, "high": 4}}
    changes = {"space": wide, "sampler": sampler, "budget": {"trials": 20}, "seed": 3, "pruner": "median"}
    spec = StudySpec(name="s", objective="quadratic", **changes)
    joined = create_or_join(location, open_storage(location), spec, accept_changes=True).stored
    spec.budget.to_budget().store(joined.storage, joined.study_id)
    assert work(joined, lambda trial: float(trial.params["x"] + trial.params["y"])) == "budget reached"
    trials = joined.study.get_trials()
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    later = [(trial.params["x"], trial.params["y"]) for trial in trials[12:]]
    assert len(later) == len(set(later)) == 8
