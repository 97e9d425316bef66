"""A study as it lies in a storage: Optuna's study, and in its attributes all that a resume needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from objectives.wording import did_you_mean, quoted, shell_word
from storage import SharedStorage, StorageError, StorageLocation
from storage.claims import Budget
from storage.errors import StorageLost, explain
from studies.errors import StudyError, StudyGone, StudyNotFound
from studies.record.overview import Overview
from studies.sampling.pruners import make_pruner
from studies.spec.renamed import renamed
from studies.spec.study import FORMAT, StudySpec
from studies.study_file.completion import complete
from studies.wording import offered

SPEC_KEY = "studyhall:spec"


FORMAT_KEY = "studyhall:format"


CHANGED_KEY = "studyhall:changed"


@dataclass(frozen=True)
class StoredStudy:
    """A study in a storage. ``spec`` is None for a plain Optuna study that studyhall has never run."""

    location: StorageLocation
    storage: SharedStorage
    study_id: int
    name: str
    spec: StudySpec | None

    @property
    def files(self) -> Path:
        """The folder of this study's logs, checkpoints, artifacts and models."""
        return self.location.study_files(self.name)

    @cached_property
    def study(self) -> optuna.Study:
        """Optuna's own object, with the study's pruner; workers give it a sampler for each trial."""
        pruner = make_pruner(self.spec) if self.spec is not None else None
        return optuna.load_study(study_name=self.name, storage=self.storage, pruner=pruner)

    @cached_property
    def overview(self) -> Overview:
        """Its trials in outline."""
        return Overview(self.storage, self.study_id)

    @property
    def value_names(self) -> list[str]:
        """What the values of a trial are called, one a direction."""
        if self.spec is not None:
            return self.spec.value_names
        count = len(self.study.directions)
        return self.study.metric_names or (["value"] if count == 1 else [f"value {n}" for n in range(count)])

    @property
    def attributes(self) -> dict[str, Any]:
        """The study's system attributes as they are now."""
        return self.storage.get_study_system_attrs(self.study_id)

    @property
    def changed_at(self) -> int:
        """The number of the first trial made under the spec as it is now: 0 unless a change of it was accepted."""
        return int(self.attributes.get(CHANGED_KEY, 0))

    def note_change(self) -> None:
        """Note that the trials there are were made under another spec, objective or data."""
        trials = self.storage.count_states(self.study_id).total()
        self.storage.set_study_system_attr(self.study_id, CHANGED_KEY, trials)

    @property
    def budget(self) -> Budget:
        """The budget as it is now; another terminal may have raised it."""
        return Budget.of(self.storage, self.study_id)

    def check_there(self) -> None:
        """Do nothing while the study is in its storage under its name.

        Raises:
            StudyGone: another program has deleted or renamed it.
            StorageLost: so it has its database.
        """
        try:
            name = self.storage.get_study_name_from_id(self.study_id)
        except KeyError:
            raise self.deleted() from None
        if name != self.name:
            raise StudyGone(
                f"study {quoted(self.name)} was renamed {quoted(name)} while it was in use",
                hint=f"{offered('resume', name)} goes on",
            )

    def deleted(self) -> StudyGone:
        """Say that another program has deleted the study, and what is left of it."""
        return StudyGone(
            f"study {quoted(self.name)} was deleted from {self.location} while it was in use",
            hint=f"its logs and checkpoints are left in {self.files}",
        )

    @contextmanager
    def while_there(self) -> Iterator[None]:
        """What fails inside because the study is gone is raised as ``check_there`` says it.

        Raises:
            KeyError: with the study in its place.
            StorageInternalError: likewise.
        """
        try:
            yield
        except (KeyError, optuna.exceptions.StorageInternalError) as error:
            self.check_there()
            raise error from None

    @contextmanager
    def kept_for_resume(self) -> Iterator[None]:
        """Where the storage fails inside: which one, and the command that goes on.

        Raises:
            StorageLost: it failed.
            StorageError: it refused.
        """
        then = f"then {offered('resume', self.name)}"
        try:
            yield
        except StorageLost as error:
            raise StorageLost(error.message, f"{error.hint}, {then}") from error
        except StorageError:
            raise
        except Exception as error:
            sentence = explain(error, str(self.location))
            if sentence is None:
                raise
            raise StorageLost(sentence, then) from error

    def required_spec(self) -> StudySpec:
        """The spec.

        Raises:
            StudyError: it is a plain Optuna study, so studyhall does not know what to run.
        """
        if self.spec is None:
            raise StudyError(
                f"study {quoted(self.name)} was not made by studyhall, so it does not say what to run",
                hint=f"{offered('launch', 'OBJECTIVE', flags=f'--name {shell_word(self.name)}')} adopts it",
            )
        return self.spec


def load(location: StorageLocation, storage: SharedStorage, name: str) -> StoredStudy:
    """Find a study by name.

    Raises:
        StudyNotFound: with the nearest name there is.
        StudyError: it was stored by a newer studyhall.
    """
    try:
        study_id = storage.get_study_id_from_name(name)
    except (KeyError, UnicodeEncodeError):  # a name that no database can hold
        known = [study.study_name for study in storage.get_all_studies()]
        near, list_ = did_you_mean(name, known).removeprefix("; "), f"`studyhall list` shows all {len(known)}"
        raise StudyNotFound(
            f"no study {quoted(name)} in {location}", hint=f"{near} ({list_})" if near else list_
        ) from None
    return StoredStudy(location, storage, study_id, name, _read_spec(name, storage.get_study_system_attrs(study_id)))


def stored_trial(stored: StoredStudy, number: int) -> FrozenTrial:
    """The trial of that number, whole.

    Raises:
        StudyError: there is none.
    """
    try:
        trial_id = stored.storage.get_trial_id_from_study_id_trial_number(stored.study_id, number)
    except KeyError:
        count = stored.storage.count_states(stored.study_id).total()
        there = f"0 to {count - 1}" if count else "none yet"
        raise StudyError(f"study {quoted(stored.name)} has no trial {number}", hint=f"there are: {there}") from None
    return stored.storage.get_trial(trial_id)


def _read_spec(name: str, attributes: dict[str, Any]) -> StudySpec | None:
    if SPEC_KEY not in attributes:
        return None
    if attributes.get(FORMAT_KEY, 0) > FORMAT:
        raise StudyError(
            f"study {quoted(name)} was stored in format {attributes[FORMAT_KEY]} by a newer studyhall, "
            f"this one reads up to {FORMAT}",
            hint="upgrade studyhall",
        )
    stored = attributes[SPEC_KEY]
    if attributes.get(FORMAT_KEY, 0) < 3:
        return complete(StudySpec.model_validate(renamed(stored)))
    return StudySpec.model_validate(stored)
