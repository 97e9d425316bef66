"""What a sampler sees, under whatever pruner, and that nobody else sees it."""

from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from storage import StorageLocation, open_storage
from storage.claims import claim, requeue
from storage.processes import ProcessIdentity
from studies.execution.trial import WorkerStudy
from studies.record import creation
from studies.record.source_study import known_trials
from studies.sampling import pruners, samplers
from studies.sampling.propose import Proposer
from studies.sampling.pruners import make_pruner
from studies.sampling.sampler_view import with_diverged
from studies.spec.study import StudySpec

PRUNERS = {name: {"name": name} for name in pruners.ENTRIES} | {"threshold": {"name": "threshold", "upper": 50.0}}
SPACE = {"x": {"low": 0.0, "high": 9.0}}
ME = ProcessIdentity.current()


def claim_one(study):
    return claim(study.storage, study.study_id, "w0", ME)


def complete(study, value, x):
    trial = claim_one(study)
    study.storage.set_trial_param(trial, "x", x, optuna.distributions.FloatDistribution(0.0, 9.0))
    study.storage.set_trial_intermediate_value(trial, 0, value)
    study.storage.set_trial_state_values(trial, TrialState.COMPLETE, [value])


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Two of the same space: one with a complete and a diverged trial, cold and warm-started from one of two trials."""
    location = StorageLocation.parse(str(tmp_path_factory.mktemp("view") / "s.db"))
    storage = open_storage(location, create=True)

    def make(name, **settings):
        spec = {
            "name": name,
            "objective": "quadratic",
            "seed": 1,
            "space": SPACE,
            "budget": {"trials": 999},
            **settings,
        }
        return creation.create_or_join(location, storage, StudySpec.model_validate(spec)).stored

    source = make("source")
    complete(source, 7.0, 1.0)
    complete(source, 2.0, 2.0)
    made = {"diverged trial": make("cold"), "warm start": make("warm", warm_start="source")}
    for study in made.values():
        complete(study, 5.0, 3.0)
        requeue(storage, claim_one(study), ME, "divergence", "nan")
    return made


SEEN = {
    "diverged trial": [(0, "COMPLETE", [5.0]), (1, "COMPLETE", [5.0])],
    "warm start": [
        (-1.0, "COMPLETE", [7.0]),
        (-0.5, "COMPLETE", [2.0]),
        (0, "COMPLETE", [5.0]),
        (1, "COMPLETE", [7.0]),  # it diverged, and nothing is known to be worse
    ],
}
THERE = [(0, "COMPLETE", [5.0]), (1, "FAIL", None)]


def finished(trials):
    return [(trial.number, trial.state.name, trial.values) for trial in trials if trial.state.is_finished()]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii"])
@pytest.mark.parametrize("case", SEEN)
@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("space", [SPACE, {}], ids=["a [space]", "a function of one's own"])
def test_every_sampler_sees_the_same_under_every_pruner(studies, monkeypatch, sampler, case, pruner, space):
    # Given a sampler that notes what it sees where it looks, and a study with trials beyond the record
    seen = []

    class Watching(samplers.ENTRIES[sampler].factory):
        def infer_relative_search_space(self, study, trial):
            seen.append(finished(study._get_trials(deepcopy=False)))
            seen.append(finished(study._get_trials(deepcopy=False, use_cache=True)))
            seen.append(finished(study._get_trials(states=(TrialState.COMPLETE, TrialState.FAIL))))
            return super().infer_relative_search_space(study, trial)

    monkeypatch.setitem(samplers.ENTRIES, sampler, replace(samplers.ENTRIES[sampler], factory=Watching))
    stored = studies[case]
    spec = stored.required_spec().model_copy(
        update=dict(StudySpec(name="s", objective="o", sampler=sampler, pruner=PRUNERS[pruner], space=space))
    )
    study = WorkerStudy(stored.name, stored.storage, pruner=make_pruner(spec))
    proposer = Proposer(study=study, storage=stored.storage, spec=spec, known=known_trials(stored))
    # When a trial is proposed, and its objective suggests what is left
    trial_id = claim_one(stored)
    study.sampler = proposer.propose(trial_id).sampler
    trial = optuna.Trial(study, trial_id)
    trial.suggest_float("x", 0.0, 9.0)
    # Then the sampler saw them, and the objective and the pruner see what there is
    assert seen
    assert all(trials == SEEN[case] for trials in seen)
    assert finished(trial.study.get_trials()) == THERE
    trial.report(1.0, 0)
    assert trial.should_prune() in (True, False)


def test_a_diverged_trial_is_no_more_feasible_than_the_worst(make_study):
    # Given trials with constraints, and two that diverged: before any was set, and after one was
    study = make_study(objective="mine.py:objective", budget={"trials": 9})
    for bounds in ({"memory": 2.0, "seconds": -1.0}, {"memory": 1.0, "seconds": -2.0}):
        study.storage.create_new_trial(study.study_id, create_trial(value=1.0, constraints=bounds))
    for bound in (None, -5.0):
        trial_id = claim_one(study)
        if bound is not None:
            optuna.Trial(study.study, trial_id).set_constraint("memory", bound)
        requeue(study.storage, trial_id, ME, "divergence", "nan")
    # Then a sampler sees both with a constraint each as bad as any, unless they said better
    trials = study.study.get_trials()
    seen = with_diverged(trials, study.study.directions)
    assert [trial.constraints for trial in seen[2:]] == [
        {"memory": 2.0, "seconds": -1.0},
        {"memory": -5.0, "seconds": -1.0},
    ]
    # And the record says what was
    assert [trial.constraints for trial in trials[2:]] == [{}, {"memory": -5.0}]
