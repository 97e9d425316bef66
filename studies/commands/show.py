"""show: a study with its trials, or one trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, print_json, table

if TYPE_CHECKING:
    from studies.api import StudyReport
    from studies.spec.study import StudySpec

EXAMPLES = ("studyhall show digits_mlp", "studyhall show digits_mlp 13", "studyhall show digits_mlp --json")


def command(
    name: Name,
    trial: Annotated[int | None, typer.Argument(metavar="[TRIAL]", help="The number of a trial.", min=0)] = None,
    storage: Storage = DEFAULT_STORAGE,
    json: Json = False,
) -> int:
    """Show a study and its trials, or one trial in full."""
    from studies.commands.trial_view import print_trial, trial_facts, trial_json, trial_table

    if trial is not None:
        report = api.trial(name, trial, storage=storage)
        if json:
            print_json(trial_json(report))
        else:
            print_trial(report)
        return 0
    study = api.show(name, storage=storage)
    if json:
        spec = None if study.spec is None else study.spec.model_dump(mode="json", exclude_none=True)
        print_json({"name": name, "storage": str(study.location), "files": str(study.files), "spec": spec,
                    "trials": [trial_facts(row) for row in study.trials]})  # fmt: skip
        return 0
    if study.spec is not None:
        console().print(_described(study, study.spec))
    console().print(trial_table(study.trials))
    return 0


def _described(study: StudyReport, spec: StudySpec) -> Table:
    return table(
        ["study", study.name],
        [
            ("objective", spec.objective),
            ("metric", spec.metric_text),
            ("sampler", str(spec.sampler)),
            ("pruner", spec.pruning),
            *([("data", spec.data.described)] if spec.data is not None else []),
            *([("training", spec.train.described)] if spec.train is not None else []),
            ("seed", str(spec.seed)),
            ("storage", str(study.location)),
            ("files", str(study.files)),
            ("", ""),
        ],
    )
