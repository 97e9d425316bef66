"""Everything a study is, checked once and stored in the study itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from objectives.data.settings import DataSettings
from objectives.space.dimensions import Dimension
from objectives.training.cross_validation import run_count
from objectives.training.metrics import names_of
from objectives.training.settings import TrainSettings
from studies.spec.points import Point
from studies.spec.settings import BudgetSettings, Name, SamplerConfig, Section, WorkerSettings

FORMAT = 3  # of the stored study; a newer one is refused by an older program

Direction = Literal["minimize", "maximize"]


def _metric(value: object) -> object:
    if value is None:
        return None
    names = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else []
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise ValueError('allowed: a name, or a list of different names such as ["val_accuracy", "parameters"]')
    return names[0] if len(names) == 1 else tuple(names)


Metric = Annotated[str | tuple[str, ...] | None, BeforeValidator(_metric)]


class StudySpec(Section):
    """One study, whole. ``seed`` None means: drawn when the study is created, and kept."""

    name: Name = Field(json_schema_extra={"otherwise": "that of the file or function"})
    """The name of the study in the storage."""
    objective: str
    """What is tuned: see [Objectives](#objectives)."""
    arguments: tuple[str, ...] = ()
    """The command line of a file of your own, as a list of strings: `sys.argv[1:]` while it is loaded and run."""
    metric: Metric = Field(
        default=None, json_schema_extra={"otherwise": '`"val_accuracy"`, for regression `"val_mae"`'}
    )
    """The [metric](#metrics) to optimize, or a list for several objectives. For an objective of your own: the names of
    its values, if wanted. Names such as `accuracy`, `val_loss` and `rmse` decide the direction."""
    directions: tuple[Direction, ...] = Field(
        default=("minimize",), json_schema_extra={"otherwise": 'that of the metric, else `["minimize"]`'}
    )
    """One for each objective. `direction = "maximize"` is short for a list of one. The wrong direction of a known
    metric is refused."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = Field(default=None, json_schema_extra={"otherwise": "drawn"})
    """Decides splits, initial weights, batch order, dropout and sampler. A drawn seed is stored."""
    sampler: SamplerConfig = SamplerConfig(name="tpe")
    """See [Samplers](#samplers). A table without a name has options of the default."""
    pruner: SamplerConfig = SamplerConfig(name="median")
    """See [Pruners](#pruners). A table without a name has options of the default."""
    start: tuple[Point, ...] = ()
    """Points that are evaluated first: see [Start points](#start-points)."""
    warm_start: Name | None = None
    """The name of another study in the same storage whose trials the sampler sees: see [Warm start](#warm-start)."""
    duplicates: Literal["resample", "reuse", "allow"] = "resample"
    """What happens to a suggestion that was evaluated before: see [Duplicates](#duplicates)."""
    budget: BudgetSettings = BudgetSettings()
    data: DataSettings | None = None
    space: dict[str, Dimension] = Field(
        default_factory=dict, json_schema_extra={"otherwise": "the objective's default space"}
    )
    """The parameters that are fixed or searched: see [Search space](#search-space)."""
    train: TrainSettings | None = None
    workers: WorkerSettings = WorkerSettings()

    @model_validator(mode="before")
    @classmethod
    def _one_direction_is_a_list_of_one(cls, value: object) -> object:
        if isinstance(value, dict) and "direction" in value:
            if "directions" in value:
                raise ValueError("give direction or directions, not both")
            value = {**value, "directions": [value["direction"]]}
            del value["direction"]
        return value

    @model_validator(mode="before")
    @classmethod
    def _options_without_a_name_are_of_the_default(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        defaults = {key: cls.model_fields[key].default.name for key in ("sampler", "pruner")}
        return {
            key: {"name": defaults[key], **item} if key in defaults and isinstance(item, dict) else item
            for key, item in value.items()
        }

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names in ``metric``, one an objective; none where it gives none."""
        return names_of(self.metric)

    @property
    def value_names(self) -> list[str]:
        """What the values of a trial are called, one an objective."""
        if len(self.metrics) == len(self.directions):
            return list(self.metrics)
        return ["value"] if len(self.directions) == 1 else [f"value {n}" for n in range(len(self.directions))]

    @property
    def metric_text(self) -> str:
        """What is optimized, in words: "val_accuracy, maximize; parameters, minimize"."""
        return "; ".join(map(", ".join, zip(self.value_names, self.directions, strict=True)))

    @property
    def pruning(self) -> str:
        """The pruner in words."""
        if len(self.directions) > 1:
            return "none, since trials with several objectives report nothing"
        return str(self.pruner)

    @property
    def steps(self) -> int | None:
        """How many steps a trial reports at most; None for an objective of the user's, and for several objectives.

        Pruners and displays count in it.
        """
        if self.train is None or self.data is None or len(self.directions) > 1:
            return None
        return self.train.epochs * run_count(self.train.seeds, self.data.split_count)

    @property
    def threads(self) -> int | None:
        """Threads of a worker; None: its share of the cores."""
        return self.train.threads if self.train is not None else None

    @property
    def root_seed(self) -> int:
        """The seed from which all others are derived; 0 where a study is only tried, before one is drawn for it."""
        return self.seed if self.seed is not None else 0

    def differences(self, other: StudySpec) -> list[str]:
        """One line for each setting in which the search itself differs; budget and workers may change freely."""
        mine, theirs = self._search(), other._search()
        if None in (self.seed, other.seed):
            mine["seed"] = theirs["seed"] = None
        return [
            f"{key}: {mine.get(key)!r} instead of {theirs.get(key)!r}"
            for key in sorted({*mine, *theirs})
            if mine.get(key) != theirs.get(key)
        ]

    def _search(self) -> dict[str, object]:
        nested = self.model_dump(mode="json", exclude={"name", "budget", "workers"})
        return {
            f"{key}.{inner}" if inner else key: item
            for key, value in nested.items()
            for inner, item in (value.items() if isinstance(value, dict) else [("", value)])
        }
