"""best: the best trial, or the Pareto front."""

from __future__ import annotations

from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Name, Storage
from studies.commands.output import console, number, parameter_text, parameters, print_json, table

EXAMPLES = ("studyhall best digits_mlp", "studyhall best digits_mlp --json")


def command(name: Name, storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """Show the best trial, or the Pareto front of several objectives."""
    from studies.commands.trial_view import trial_facts, value_text

    found = api.best(name, storage=storage)
    names, trials = found.value_names, found.trials
    if json:
        facts = [{**trial_facts(row), "metrics": dict(zip(names, row.values, strict=True))} for row in trials]
        print_json(facts if len(names) > 1 else facts[0])
    elif len(names) > 1:
        front = [[str(row.number), *map(number, row.values), parameters(row.params)] for row in trials]
        console().print(table(["trial", *names, "with"], front))
    else:
        row = trials[0]
        values = [(key, parameter_text(value)) for key, value in row.params.items()]
        console().print(table(["trial", str(row.number)], [(names[0], value_text(row)), *values]))
    return 0
