"""The tables of docs/reference.md that follow from the code: keys, parameters, test functions, samplers, pruners.

Each stands between two comments, `<!-- table: NAME -->` and `<!-- end -->`. `python -m studies.study_file.reference
docs/reference.md` writes all of them anew.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from objectives.functions import FUNCTIONS
from objectives.hypermodel import HyperModel
from objectives.models.network import COMMON_PARAMETERS
from objectives.models.parts import (
    class_weights,
    image_augmentation,
    layers,
    losses,
    optimizers,
    schedules,
    text_augmentation,
)
from objectives.registry import HYPERMODELS
from objectives.space.parameters import Parameter, Parameters
from objectives.wording import written
from studies.sampling import pruners, samplers
from studies.sampling.options import Entry
from studies.study_file.schema import SECTIONS, Key, keys

_TABLE = re.compile(r"(<!-- table: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

GROUPS: Mapping[str, Parameters] = {
    "Hidden layers": layers.PARAMETERS,
    "Optimizer and batch size": {**optimizers.PARAMETERS, "batch_size": COMMON_PARAMETERS["batch_size"]},
    "Learning-rate schedule": schedules.PARAMETERS,
    "Loss": losses.PARAMETERS,
    "Class weights": class_weights.PARAMETERS,
    "Image augmentation": image_augmentation.PARAMETERS,
    "Text augmentation": text_augmentation.PARAMETERS,
}
"""Parameters that several hypermodels share, each group a table of its own."""


def updated(text: str) -> str:
    """Return the text of the reference, each table as the code has it now.

    Raises:
        KeyError: there is no table of a name in it.
    """
    return _TABLE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", text)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _keys(section: str) -> str:
    """The keys of one table of the study file, or those that stand in none."""
    rows = [key for key in keys() if key.section == section]
    return _markdown(["key", "values", "default", "meaning"], map(_key_row, rows))


def _key_row(key: Key) -> list[str]:
    return [f"`{key.name}`", key.values, key.default, key.help]


def _group(name: str) -> str:
    return _parameters(GROUPS[name], GROUPS[name])


def _own(hypermodel: HyperModel) -> str:
    """What a hypermodel takes: whatever is in no group, or not as it is there."""
    parameters, before = hypermodel.parameters, _like(hypermodel)
    known: dict[str, Parameter] = {} if before is None else dict(before.parameters)
    shared = [name for name, group in GROUPS.items() if group.keys() <= parameters.keys() - known.keys()]
    known |= {name: each for group in shared for name, each in GROUPS[group].items()}
    links = [f"[{name}](#{name.lower().replace(' ', '-')})" for name in shared]
    also = f"all parameters of [`{before.name}`](#{before.name})" if before is not None else ""
    says = f"Takes {', '.join(filter(None, [also, *links]))}, and these:\n\n"
    own = {name: each for name, each in parameters.items() if known.get(name) != each}
    return says + _parameters(own, parameters)


def _like(hypermodel: HyperModel) -> HyperModel | None:
    """An earlier hypermodel all of whose parameters this one has."""
    earlier = list(HYPERMODELS.values())[: list(HYPERMODELS).index(hypermodel.name)]
    return next((one for one in earlier if one.parameters.keys() <= hypermodel.parameters.keys()), None)


def _parameters(rows: Parameters, every: Parameters) -> str:
    head = ["parameter", "values", "default", "used when", "meaning"]
    return _markdown(head, (_parameter_row(name, each, every) for name, each in rows.items()))


def _parameter_row(name: str, each: Parameter, every: Parameters) -> list[str]:
    default = f"that of `{each.instead_of}`" if each.instead_of else f"`{written(each.default)}`"
    return [f"`{name}`", _allowed(each), default, " and ".join(_conditions(each, every)), each.help]


def _allowed(each: Parameter) -> str:
    if each.choices is None:
        return each.allowed
    file = f" or the path of a file ({', '.join(f'`{ending}`' for ending in each.files)})" if each.files else ""
    return (each.choices_are or ", ".join(f"`{written(choice)}`" for choice in each.choices)) + file


def _conditions(each: Parameter, every: Parameters) -> Iterator[str]:
    for parent, values in each.active_when.items():
        of = every.get(parent)
        if of is not None and of.choices_are and values == of.choices:
            yield f"`{parent}` is {of.choices_are}"
        else:
            yield f"`{parent}` is {' or '.join(f'`{written(value)}`' for value in values)}"
    for parent, values in each.active_unless.items():
        yield f"`{parent}` is not {' or '.join(f'`{written(value)}`' for value in values)}"
    if each.per_layer is not None:
        yield f"`{each.per_layer}` is at least N"


def _functions() -> str:
    rows = []
    for one in FUNCTIONS.values():
        limits = ", ".join(f"{name} {span['low']:g} to {span['high']:g}" for name, span in one.space.items())
        wider = "yes" if all(each.low is None for each in one.parameters.values()) else "no"
        rows.append([f"`{one.name}`", one.summary, limits, wider])
    return _markdown(["objective", "function", "default space", "wider ranges allowed"], rows)


def _class_of(entry: Entry) -> str:
    """What Optuna calls it; a function of ours says so by what it returns."""
    made = entry.factory
    return made.__name__ if isinstance(made, type) else str(inspect.signature(made).return_annotation)


def _entries(entries: Mapping[str, Entry]) -> str:
    rows = []
    for name, entry in entries.items():
        options = ", ".join(f"`{option}`" for option in entry.options()) or "none"
        extra = ", ".join(f"`{extra}`" for extra in entry.needs.values() if extra) or ""
        rows.append([f"`{name}`", f"`{_class_of(entry)}`", options, extra])
    return _markdown(["name", "class", "options", "extra"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "keys of the study": partial(_keys, ""),
    **{f"keys of {section}": partial(_keys, section) for section in SECTIONS},
    **{f"group {name}": partial(_group, name) for name in GROUPS},
    **{f"objective {one.name}": partial(_own, one) for one in HYPERMODELS.values()},
    "test functions": _functions,
    "samplers": partial(_entries, samplers.ENTRIES),
    "pruners": partial(_entries, pruners.ENTRIES),
}
"""The name of a table -> what makes it."""

if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(updated(file.read_text("utf-8")), "utf-8")
