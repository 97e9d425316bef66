"""What a sampler of the table owes to those who rely on its line: subclass `SamplerContract` and name your own."""

from __future__ import annotations

import pytest
from optuna.trial import TrialState

from objectives.space.search_space import SearchSpace
from storage.claims import claim
from storage.processes import ProcessIdentity
from studies.sampling.propose import Proposer
from studies.sampling.samplers import ENTRIES, sampler_faults, sampler_of
from studies.spec.points import point_faults
from studies.spec.study import StudySpec

FINITE = {
    "x": {"low": 1, "high": 3},
    "y": {"choices": [-1.0, 0.0, 2.0]},
    "z": {"choices": ["a", "b"]},
}
CONTINUUM = {
    "x": {"low": 1e-3, "high": 10.0, "log": True},
    "y": {"low": -2.0, "high": 2.0, "step": 0.5},
    "n": {"low": 1, "high": 64},
}
CONDITION = {"w": {"low": 0, "high": 2, "when": {"z": ["b"]}}}


class SamplerContract:
    """Every test runs real studies in a file of their own.

    Example:
        ```
        class TestMine(SamplerContract):
            @pytest.fixture
            def config(self):
                return {"name": "mine", "startup_trials": 4}
        ```
    """

    @pytest.fixture
    def config(self):
        """The value of `sampler` in a study file: a name, with options that let it learn from four trials."""
        raise NotImplementedError("override the fixture `config`")

    @pytest.fixture
    def entry(self, config):
        """Its line in the table; where what it needs is not installed, the test is skipped."""
        spec = StudySpec(name="s", objective="mine.py:f", sampler=config)
        for needed in (ENTRIES[spec.sampler.name], sampler_of(spec)):
            for module in needed.needs:
                pytest.importorskip(module)
        return sampler_of(spec)

    @pytest.fixture
    def space(self, entry):
        """All kinds of parameters that it can search, and a condition where it follows one."""
        if not entry.covers_space:
            return {**CONTINUUM, **FINITE, **CONDITION}
        return {**FINITE, **CONDITION} if entry.follows_conditions else FINITE

    @pytest.fixture
    def search(self, run_here, config, space):
        """Run a study with the sampler alone: nothing is pruned, no point asked for again; returns its trials."""
        declared = SearchSpace(StudySpec(name="s", objective="o", space=space).space)

        def run(name, trials, value, **settings):
            study, _ = run_here(
                name,
                trials,
                lambda trial: value(declared.suggest(trial)),
                **{"pruner": "none", "duplicates": "allow", "sampler": config, "space": space, **settings},
            )
            return study.study.get_trials()

        return run

    def test_a_study_file_may_name_it(self, config, entry, space):
        assert "seed" not in entry.options(), 'studyhall sets the seed: own=("seed",) belongs to its line'
        spec = StudySpec(name="s", objective="quadratic", space=space, sampler=config)
        assert list(sampler_faults(spec)) == []
        options = {**spec.sampler.options, "no_such_option": 1}
        misspelt = spec.model_copy(update={"sampler": spec.sampler.model_copy(update={"options": options})})
        assert list(dict(sampler_faults(misspelt))) == ["sampler.no_such_option"]

    def test_its_points_lie_in_the_space(self, search, space):
        declared = SearchSpace(StudySpec(name="s", objective="o", space=space).space)
        for trial in search("s", 12, total):
            assert trial.state is TrialState.COMPLETE
            assert list(point_faults(declared, trial.params, parents=True)) == []

    def test_a_seed_gives_the_same_points_again(self, search, entry):
        if entry.seed == "none":
            pytest.skip("its order is its own")
        one, other = ([trial.params for trial in search(name, 8, total)] for name in ("one", "other"))
        assert one == other

    def test_it_learns_if_its_line_says_so(self, search, entry):
        if entry.seed == "none":
            pytest.skip("its order is its own")
        up, down = (
            [trial.params for trial in search(name, 12, lambda values, sign=sign: sign * total(values))]
            for name, sign in (("up", 1.0), ("down", -1.0))
        )
        assert (up != down) == entry.learns, f"its line says learns={entry.learns}"

    def test_two_workers_get_no_point_twice(self, make_study, config, space):
        stored = make_study(objective="quadratic", space=space, sampler=config, budget={"trials": 99})
        spec = stored.required_spec()
        workers = [Proposer(study=stored.study, storage=stored.storage, spec=spec) for _ in range(2)]
        for number in range(8):
            with stored.storage.transaction():
                trial_id = claim(stored.storage, stored.study_id, f"w{number % 2}", ProcessIdentity.current())
                workers[number % 2].propose(trial_id)
        assert len(points(stored.study.get_trials())) == 8

    def test_it_covers_a_finite_space_if_its_line_says_so(self, search, entry, space):
        if not entry.covers_space:
            pytest.skip("it goes on as long as the budget does")
        size = SearchSpace(StudySpec(name="s", objective="o", space=space).space).size()
        assert len(points(search("s", size, total))) == size

    def test_it_takes_as_many_objectives_as_its_line_says(self, search, entry, config, space):
        two = {"directions": ["minimize", "maximize"], "sampler": config, "space": space}
        refused = dict(sampler_faults(StudySpec(name="s", objective="quadratic", **two)))
        assert ("sampler" in refused) == (entry.objectives == 1)
        if not refused:
            assert len(search("s", 8, lambda values: (total(values), -total(values)), **two)) == 8


def total(values):
    """What is minimized: the sum of all numbers among the values."""
    return float(sum(value for value in values.values() if not isinstance(value, str)))


def points(trials):
    """The different points among the trials."""
    return {tuple(sorted(trial.params.items())) for trial in trials}
