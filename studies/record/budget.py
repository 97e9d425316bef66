"""How much of a study's budget is left, and how it is raised."""

from __future__ import annotations

from dataclasses import replace

from objectives.wording import quoted
from storage.claims import FINISHED, Budget
from studies.errors import StudyError
from studies.record.sessions import running_seconds
from studies.record.stored import StoredStudy
from studies.sampling.samplers import points_of
from studies.spec.study import StudySpec


def finished_trials(stored: StoredStudy) -> int:
    """How many trials are finished, as the budget counts: COMPLETE or PRUNED."""
    counts = stored.storage.count_states(stored.study_id)
    return sum(counts[state] for state in FINISHED)


def trials_left(stored: StoredStudy) -> int | None:
    """How many more trials the budget wants finished; None without such a budget."""
    trials = stored.budget.trials
    return None if trials is None else max(0, trials - finished_trials(stored))


def raise_budget(stored: StoredStudy, *, trials: int | None = None, more_seconds: float | None = None) -> Budget:
    """Set the number of trials, and add to the time; one transaction, so that two terminals both count.

    Raises:
        StudyError: more trials than that are finished already, or a finite sampler has fewer points.
    """
    with stored.storage.transaction():
        budget = stored.budget
        if trials is not None:
            check_size(stored.required_spec(), trials)
            finished = finished_trials(stored)
            if trials < finished:
                raise StudyError(
                    f"study {quoted(stored.name)} has {finished} finished trials, which is more than {trials} already",
                    hint=f"give a number above {finished} to go on",
                )
            budget = replace(budget, trials=trials)
        if more_seconds is not None:
            # Running trials may have gone on beyond the time there was.
            used = max(budget.seconds or 0.0, running_seconds(stored.attributes))
            budget = replace(budget, seconds=used + more_seconds)
        budget.store(stored.storage, stored.study_id)
    return budget


def check_size(spec: StudySpec, trials: int | None) -> None:
    """Refuse a budget of more trials than a finite sampler has points.

    Raises:
        StudyError: with the number of points.
    """
    size = points_of(spec)
    if size is not None and trials is not None and trials > size:
        raise StudyError(
            f"the {spec.sampler.name} of study {quoted(spec.name)} has {size} points, "
            f"and {trials} trials are asked for",
            hint=f"give `--trials {size}` or fewer",
        )
