"""When a worker ends, and what becomes of its last trial: study.stop(), a mistake, a sampler that raises, no study."""

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import TrialState

from objectives.data.readers.memory import enough_memory
from objectives.errors import OutOfMemory
from storage.attempts import HANDFUL, attempts_of
from storage.claims import CLOSED_KEY
from studies.errors import SamplerError, StudyGone
from studies.record.closing import close, closed_for, reopen
from studies.sampling import samplers

FREE = {"objective": "quadratic", "sampler": "random", "budget": {"trials": 20}}


def states(study):
    return [trial.state for trial in study.study.get_trials(deepcopy=False)]


def test_memory_that_the_data_lack_ends_the_worker_and_no_trial(make_study, work):
    def evaluate(trial):
        trial.suggest_float("u", 0, 1)
        with enough_memory("a fold of the data"):
            bytearray(2**62)

    study = make_study(**FREE)
    with pytest.raises(OutOfMemory, match="a fold of the data: there is too little memory for these data"):
        work(study, evaluate)
    [trial] = study.study.get_trials()
    assert trial.state is TrialState.WAITING


# --- study.stop() -----------------------------------------------------------------------------------------------


def stops(trial):
    x = trial.suggest_float("u", 0, 1)
    if trial.number == 3:
        trial.study.stop()
    return x


def stops_and_raises_once(trial):
    if trial.number == 3 and trial.checkpoint.load() is None:
        trial.checkpoint.save(b"stopped")
        trial.study.stop()
        raise RuntimeError("boom")
    return 0.5


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_study_has_as_many_trials_as_under_optuna_when_the_objective_stops_it(make_study, work, objectives):
    def evaluate(trial):
        return (stops(trial),) * objectives if objectives > 1 else stops(trial)

    directions = ["minimize"] * objectives
    stock = optuna.create_study(directions=directions)
    stock.optimize(evaluate, n_trials=20)
    study = make_study(**FREE, directions=directions)
    assert work(study, evaluate) == "closed"
    assert states(study) == [trial.state for trial in stock.trials] == [TrialState.COMPLETE] * 4
    assert closed_for(study.attributes) == ("STOPPED_BY_OBJECTIVE", "trial 3 has called `study.stop()`")


def test_nobody_claims_from_the_moment_of_the_call_and_a_wish_to_go_on_is_enough(make_study, work):
    study = make_study(**FREE)
    assert work(study, stops_and_raises_once) == "closed"
    assert states(study) == [TrialState.COMPLETE] * 3 + [TrialState.WAITING]
    reopen(study)
    assert work(study, stops_and_raises_once) == "budget reached"
    assert states(study) == [TrialState.COMPLETE] * 20


def test_the_first_reason_of_an_end_stays(make_study):
    study = make_study(**FREE)
    close(study, "TIME_OVER")
    close(study, "STALLED", "later")
    assert closed_for(study.attributes) == ("TIME_OVER", "")
    reopen(study)
    reopen(study)
    assert study.attributes[CLOSED_KEY] is None


# --- a mistake that every trial makes ---------------------------------------------------------------------------


def forgets_to_return(trial):
    trial.suggest_float("u", 0, 1)


def misspells(trial):
    return trial.suggest_flaot("u", 0, 1)


def breaks_a_library(trial):
    return optuna.create_study(direction="up")


@pytest.mark.parametrize(
    ("objective", "said"),
    [(forgets_to_return, "the objective returned None"), (misspells, "suggest_flaot"), (breaks_a_library, "up")],
)
def test_a_mistake_that_is_certain_ends_the_launch_after_a_handful(make_study, worker_on, objective, said):
    study, called = make_study(**FREE), []
    worker = worker_on(study, lambda trial: called.append(trial.number) or objective(trial))
    assert worker.run() == "same error"
    assert called == list(range(HANDFUL))
    assert said in worker.detail
    assert "`studyhall show s 0`" in worker.detail
    if objective is not forgets_to_return:
        assert f"{__file__}, line " in worker.detail
        assert set(states(study)) == {TrialState.WAITING}


def of_the_parameter(trial):
    if trial.suggest_float("u", -1, 1) < 0:
        raise ValueError("negative")
    return 1.0


def of_the_second_trial(trial):
    if trial.number == 1:
        raise ValueError("the second")
    return 1.0


def two_mistakes(trial):
    if trial.number % 2:
        raise ValueError("odd")
    raise ValueError("even")


@pytest.mark.parametrize(
    ("objective", "ends"),
    [
        (of_the_parameter, "budget reached"),
        (of_the_second_trial, "budget reached"),
        (two_mistakes, "too many failures"),
    ],
)
def test_what_may_go_well_goes_on(make_study, work, objective, ends):
    study = make_study(**{**FREE, "budget": {"trials": 4, "failures": 50 if ends == "budget reached" else 3}})
    assert work(study, objective) == ends


# --- a sampler that raises --------------------------------------------------------------------------------------


def raising(method):
    """A sampler that raises in that method, at the third trial."""

    def raise_then(self, study, trial, *rest):
        if trial.number == 2:
            raise ValueError("singular matrix")
        return getattr(RandomSampler, method)(self, study, trial, *rest)

    return type("Raising", (RandomSampler,), {method: raise_then})(seed=1)


@pytest.mark.parametrize(
    "method", ["infer_relative_search_space", "sample_relative", "sample_independent", "after_trial"]
)
@pytest.mark.parametrize("declared", [True, False])
def test_an_error_of_the_sampler_ends_the_worker_by_name_and_costs_no_attempt(
    make_study, work, monkeypatch, method, declared
):
    study = make_study(**FREE, **({"space": {"x": {"low": -1.0, "high": 1.0}}} if declared else {"space": {}}))
    monkeypatch.setattr("studies.sampling.propose.warm_start_sampler", lambda *_, **__: raising(method))
    name = "x" if declared else "u"
    with pytest.raises(SamplerError, match=r"the sampler 'random' has raised ValueError: singular matrix"):
        work(study, lambda trial: trial.suggest_float(name, -1, 1))
    # The result of a trial that was evaluated stays; one that could not begin waits
    last = TrialState.COMPLETE if method == "after_trial" else TrialState.WAITING
    assert states(study) == [TrialState.COMPLETE, TrialState.COMPLETE, last]
    (trial,) = study.study.get_trials()[2:]
    assert [attempt.outcome for attempt in attempts_of(trial.system_attrs)] == [
        "complete" if method == "after_trial" else "interrupted"
    ]


def test_an_error_of_a_shared_sequence_claims_nothing(make_study, work, monkeypatch):
    study = make_study(**{**FREE, "sampler": "qmc"})
    assert samplers.sampler_of(study.required_spec()).shares_sequence
    monkeypatch.setattr("studies.sampling.propose.warm_start_sampler", lambda *_, **__: raising("sample_relative"))
    with pytest.raises(SamplerError, match="the sampler 'qmc'"):
        work(study, lambda trial: 1.0)
    assert states(study) == [TrialState.COMPLETE] * 2


# --- a study that is not there any more -------------------------------------------------------------------------


def test_a_worker_whose_study_is_deleted_says_so(make_study, work):
    study = make_study(**FREE)

    def objective(trial):
        if trial.number == 2:
            optuna.delete_study(study_name="s", storage=study.storage)
        return trial.suggest_float("x", -1, 1)

    with pytest.raises(StudyGone, match=r"study 's' was deleted from .* while it was in use; its logs and checkpoints"):
        work(study, objective)


def test_a_study_that_is_renamed_is_not_there_under_its_name(make_study):
    study = make_study(**FREE)
    study.check_there()
    with study.storage.transaction() as connection:
        connection.exec_driver_sql("UPDATE studies SET study_name = 'a new name'")
    with pytest.raises(StudyGone, match=r"was renamed 'a new name' .* `studyhall resume 'a new name'` goes on"):
        study.check_there()


def test_what_fails_for_another_reason_is_raised_as_it_is(make_study):
    study = make_study(**FREE)
    with pytest.raises(KeyError, match="other"), study.while_there():
        raise KeyError("other")
