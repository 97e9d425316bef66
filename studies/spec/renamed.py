"""Keys and values of the study file that have another name since format 3 of the stored study."""

from __future__ import annotations

from collections.abc import Mapping

KEYS: Mapping[str, str] = {
    "budget.stall": "budget.patience",
    "data.iterations": "data.repeats",
    "data.only_classes": "data.classes",
    "train.repeats": "train.seeds",
    "train.value": "train.score_epoch",
    "workers.beat": "workers.heartbeat",
    "workers.grace": "workers.heartbeat_grace",
    "workers.renew_after": "workers.recycle_after",
    "workers.renew_memory": "workers.recycle_memory",
}

VALUES: Mapping[tuple[str, str], str] = {
    ("data.task", "classes"): "classification",
    ("duplicates", "another"): "resample",
}
"""(new key, old value) -> new value."""


def renamed(table: Mapping[str, object], parent: str = "") -> dict[str, object]:
    """Return a table of format 2 as format 3 writes it."""
    found: dict[str, object] = {}
    for key, item in table.items():
        dotted = KEYS.get(f"{parent}{key}", f"{parent}{key}")
        value = renamed(item, f"{key}.") if isinstance(item, Mapping) and not parent else item
        if isinstance(value, str):
            value = VALUES.get((dotted, value), value)
        found[dotted.removeprefix(parent)] = value
    return found
