"""The parameters of the families as they stand in docs/reference.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from objectives.registry import BUILT_IN
from objectives.space.parameters import Parameter
from objectives.wording import listing, written

BEGIN = "## The parameters of `[space]`"


def section() -> str:
    """Return the section in Markdown: a table for each family that trains, without what an earlier one has."""
    lines = [
        BEGIN,
        "What `[space]` does not name stays at its default. A line that could be suggested where it is not used is",
        "refused, with the `when` that would be right. `NAME_N` stands for `NAME_1`, `NAME_2`, ...",
        "",
        "Write an amount as a range (`units = { low = 64, high = 256, log = true }`) and not as choices: of a range",
        "samplers learn that neighbours are alike, of choices only that they differ.",
    ]
    known: dict[str, Parameter] = {}
    for family in BUILT_IN.values():
        if not family.trains:
            continue
        new = {name: each for name, each in family.parameters.items() if known.get(name) != each}
        shared = len(family.parameters) - len(new)
        and_shared = f", and {shared} that are as above" if shared else ""
        lines += ["", f"### `{family.name}`", f"{family.summary[0].upper()}{family.summary[1:]}{and_shared}.", ""]
        if gone := sorted(known.keys() - family.parameters.keys()):
            lines += [f"It has no {', '.join(f'`{name}`' for name in gone)}.", ""]
        lines += ["| parameter | what | values | default | used when |", "|---|---|---|---|---|", *_rows(new)]
        known = {**family.parameters, **known}
    return "\n".join(lines) + "\n"


def _rows(parameters: Mapping[str, Parameter]) -> Iterator[str]:
    for name, each in parameters.items():
        used = [f"`{parent}` = {listing(values, between=' or ')}" for parent, values in each.active_when.items()]
        used += [
            f"`{parent}` is not {listing(values, between=' or ')}" for parent, values in each.active_unless.items()
        ]
        if each.per_layer is not None:
            used.append(f"`{each.per_layer}` is at least N")
        default = f"that of `{each.instead_of}`" if each.instead_of else written(each.default)
        yield f"| `{name}` | {each.help} | {each.allowed} | {default} | {'; '.join(used)} |"
