"""A sampler that knows another study's trials, which count for nothing else."""

import pytest
from optuna.trial import TrialState

from storage import open_storage
from studies.errors import StudyError, StudyNotFound
from studies.record import creation, stored
from studies.record.progress import read_progress
from studies.record.source_study import known_trials
from studies.sampling.warm_start import warm_start_faults
from studies.spec.study import StudySpec

BEALE = {"objective": "beale", "space": {axis: {"low": -4.5, "high": 4.5} for axis in "xy"}}


def make(location, **settings):
    spec = StudySpec.model_validate({"name": "warm", "warm_start": "source", "budget": {"trials": 5}} | settings)
    return creation.create_or_join(location, open_storage(location), spec).stored


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "nsgaii", "nsgaiii"])
def test_the_sampler_knows_and_nothing_counts_it(run_here, sampler):
    source, _ = run_here("source", 50, **BEALE)
    cold, _ = run_here("cold", 8, sampler=sampler, **BEALE)
    warm, evaluated = run_here("warm", 8, sampler=sampler, warm_start="source", **BEALE)
    progress = read_progress(warm)
    assert evaluated == list(range(8))
    assert progress.finished == 8
    assert progress.best.value == min(trial.value for trial in warm.study.get_trials())
    assert len(known_trials(warm)) == 50
    assert warm.study.get_trials()[0].params != cold.study.get_trials()[0].params
    assert source.study.get_trials(states=(TrialState.COMPLETE,))


def test_tpe_begins_where_the_other_study_ended(run_here):
    # Random search at the start would find a median of about 15 in eight trials of Beale's function.
    run_here("source", 50, **BEALE)
    firsts = []
    for seed in range(5):
        warm, _ = run_here(f"warm{seed}", 8, warm_start="source", **{**BEALE, "seed": seed})
        firsts.append(min(trial.value for trial in warm.study.get_trials()))
    assert sorted(firsts)[2] < 1.0


@pytest.mark.parametrize(
    "sampler",
    ["cmaes", {"name": "partial-fixed", "fixed": {"y": 0.5}, "base": "cmaes"}],
    ids=["cmaes", "partial-fixed"],
)
def test_cmaes_begins_from_what_it_searches_of_the_other_study(run_here, sampler):
    # Given a source with a choice, which CMA-ES leaves to chance, and with a parameter that is fixed in one case
    space = {**BEALE["space"], "z": {"choices": ["a", "b"]}}

    def beale(trial):
        x, y = (trial.suggest_float(name, -4.5, 4.5) for name in "xy")
        trial.suggest_categorical("z", ("a", "b"))
        return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2

    run_here("source", 30, beale, space=space)
    warm, evaluated = run_here("warm", 5, beale, space=space, sampler=sampler, warm_start="source")
    cold, _ = run_here("cold", 5, beale, space=space, sampler=sampler)
    assert evaluated == list(range(5))
    assert warm.study.get_trials()[0].params != cold.study.get_trials()[0].params


def test_what_is_known_does_not_change_as_the_other_study_goes_on(run_here, location):
    run_here("source", 20, **BEALE)
    warm = make(location, **BEALE)
    before = [trial.params for trial in known_trials(warm)]
    run_here("source", 30, **BEALE)
    assert [trial.params for trial in known_trials(warm)] == before
    assert len(before) == 20


def test_a_pruner_sees_its_own_study_alone(run_here):
    def good(trial):
        x = trial.suggest_float("x", -1.0, 1.0)
        trial.suggest_float("y", -1.0, 1.0)
        trial.report(x, 0)
        return x

    def bad(trial):
        trial.suggest_float("x", -1.0, 1.0)
        trial.suggest_float("y", -1.0, 1.0)
        trial.report(99.0, 0)
        judged.append(trial.should_prune())
        return 99.0

    judged = []
    space = {axis: {"low": -1.0, "high": 1.0} for axis in "xy"}
    run_here("source", 12, good, space=space)
    run_here("warm", 4, bad, space=space, warm_start="source")
    assert judged == [False] * 4


def test_trials_are_translated_into_this_space_or_left_out(run_here, location):
    # Given a study over integers, of which one parameter was fixed and one never named
    run_here("source", 30, space={"x": {"low": -5, "high": 5}}, sampler="random", duplicates="allow")
    # When a narrower space, of numbers, searches both
    warm = make(location, objective="quadratic", space={
        "x": {"low": -2.0, "high": 2.0}, "y": {"low": 0.0, "high": 1.0}, "z": 3,
    })  # fmt: skip
    # Then those inside are known with y at the objective's default
    known = known_trials(warm)
    source = [trial.params["x"] for trial in stored.load(location, warm.storage, "source").study.get_trials()]
    assert [trial.params["x"] for trial in known] == [float(x) for x in source if -2 <= x <= 2]
    assert {trial.params["y"] for trial in known} == {0.0}
    assert all(-1 <= trial.number < 0 for trial in known)


@pytest.mark.parametrize("older", ["source", "warm"])
def test_a_parameter_with_a_former_name_is_known_across_it(run_here, location, older):
    # Given two studies, one of which was stored when a parameter had another name
    names = {older: ("vocabulary", "length")}
    words, length = names.get("source", ("max_tokens", "sequence_length"))
    run_here("source", 6, lambda trial: trial.suggest_int(words, 10, 20), objective="sequence", sampler="random",
             space={words: {"low": 10, "high": 20}, length: 30})  # fmt: skip
    source = stored.load(location, open_storage(location), "source").study.get_trials()
    # When the other one searches both
    words, length = names.get("warm", ("max_tokens", "sequence_length"))
    space = {words: {"low": 10, "high": 20}, length: {"low": 20, "high": 40}, "embedding_dim": 32}
    known = known_trials(make(location, objective="sequence", space=space))
    # Then it knows what was fixed and what was drawn
    assert [trial.params[words] for trial in known] == [trial.value for trial in source]
    assert {trial.params[length] for trial in known} == {30}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"warm_start": "sorce"}, 'did you mean "source"'),
        ({"directions": ["maximize"]}, "is to minimize, this one to maximize"),
        ({"space": {"x": {"low": 100.0, "high": 101.0}}}, "none of the 5 finished trials"),
        ({"warm_start": "empty"}, "no finished trial yet"),
    ],
)
def test_a_study_that_cannot_be_drawn_on_is_refused_and_nothing_is_made(run_here, location, settings, words):
    run_here("source", 5, **BEALE)
    make(location, name="empty", warm_start=None, **BEALE)
    with pytest.raises((StudyError, StudyNotFound), match=words):
        make(location, **{**BEALE, **settings})
    assert {study.study_name for study in open_storage(location).get_all_studies()} == {"source", "empty"}


def test_what_the_file_alone_can_get_wrong():
    def faults(**settings):
        spec = {"name": "s", "warm_start": "source", **BEALE, **settings}
        return dict(warm_start_faults(StudySpec.model_validate(spec)))

    for sampler in ("random", "grid", "qmc", {"name": "partial-fixed", "fixed": {"x": 1.0}, "base": "random"}):
        assert "whatever was found before" in faults(sampler=sampler)["warm_start"]
    assert "sampler.sigma0" in faults(sampler={"name": "cmaes", "sigma0": 0.1})["warm_start"]
    assert "this study itself" in faults(name="source")["warm_start"]
    assert faults() == faults(sampler="cmaes") == {}


def test_a_study_whose_source_was_deleted_goes_on_and_says_so(place):
    assert place.run("launch", "beale", "--name", "source", "--trials", "15").returncode == 0
    warm = ("launch", "beale", "--set", "warm_start=source", "--name", "warm")
    assert place.run(*warm, "--trials", "4").returncode == 0
    assert place.run("delete", "source", "--yes").returncode == 0
    done = place.run("resume", "warm", "--trials", "6", "--workers", "2")
    assert done.returncode == 0, done.stdout
    assert "'source', which this one was warm-started from, is gone" in done.stdout
    assert len(place.states("warm")) == 6
