"""What there is on this machine, and whether studyhall can work with it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import joblib
import psutil

from objectives.data.named import IN_DATA_FOLDER
from objectives.wording import how_to_install
from storage import StorageError, StorageLocation, open_storage
from storage.errors import StorageMissing
from storage.opening import file_system
from studies.execution.devices import find_gpus, visible
from studies.sampling.options import Entry
from studies.sampling.pruners import ENTRIES as PRUNERS
from studies.sampling.samplers import ENTRIES as SAMPLERS


@dataclass(frozen=True)
class Finding:
    """One fact. A ``note`` limits what can be done, a ``fault`` keeps studyhall from working."""

    subject: str
    level: Literal["ok", "note", "fault"]
    text: str


def findings(location: StorageLocation) -> list[Finding]:
    """Look at everything; imports no framework and changes nothing."""
    return [finding for look in (_versions, _machine, _gpus, lambda: _storage(location), _data, _parts, _folder)
            for finding in look()]  # fmt: skip


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    for name in ("studyhall", "optuna", "keras", "tensorflow", "sqlalchemy", "optuna-dashboard"):
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "fault", "not installed; run `make setup`")


def _machine() -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    yield Finding("cores", "ok", f"{joblib.cpu_count()} usable of {os.cpu_count()}")
    yield Finding("memory", "ok", f"{memory.available / 2**30:.1f} GiB free of {memory.total / 2**30:.1f}")


def _gpus() -> Iterator[Finding]:
    gpus = find_gpus()
    seen = visible(gpus)
    if not gpus:
        yield Finding("GPU", "note", "none found through NVML; workers share the cores")
    for gpu in gpus:
        hidden = "" if gpu in seen else ", hidden by CUDA_VISIBLE_DEVICES"
        yield Finding(f"GPU {gpu.index}", "ok", f"{gpu.name}, {gpu.memory / 2**30:.0f} GiB{hidden}")


def _storage(location: StorageLocation) -> Iterator[Finding]:
    place = location.path or location.files
    kind = "a server" if location.path is None else file_system(place, psutil.disk_partitions(all=True))
    try:
        storage = open_storage(location)
        yield Finding("storage", "ok", f"{location}, {len(storage.get_all_studies())} studies, on {kind}")
    except StorageMissing:
        yield Finding("storage", "ok", f"{location} will be made by the first launch, on {kind}")
    except StorageError as error:
        yield Finding("storage", "fault", str(error))
    folder = place.parent
    if folder.is_dir():
        free = shutil.disk_usage(folder).free
        yield Finding("disk", "ok" if free > 2**30 else "note", f"{free / 2**30:.1f} GiB free in {folder}")


def _data() -> Iterator[Finding]:
    folder = os.environ.get("STUDYHALL_DATA")
    if folder is None:
        yield Finding(
            "data", "note", f"$STUDYHALL_DATA is not set; {', '.join(IN_DATA_FOLDER)} come through keras.datasets"
        )
    elif not Path(folder).is_dir():
        yield Finding("data", "fault", f"$STUDYHALL_DATA names {folder}, which is no folder")
    else:
        there = sorted(path.name for path in Path(folder).glob("*.npz"))
        yield Finding(
            "data", "ok", f"{folder}: {', '.join(there) or 'no .npz files'} (known: {', '.join(IN_DATA_FOLDER)})"
        )


def _parts() -> Iterator[Finding]:
    for kind, offers in (("sampler", SAMPLERS), ("pruner", PRUNERS)):
        for name, offer in offers.items():
            yield from _missing(f"{kind} {name}", offer)


def _missing(subject: str, offer: Entry) -> Iterator[Finding]:
    for module, extra in offer.needs.items():
        if importlib.util.find_spec(module) is None:
            yield Finding(subject, "note", f"needs {module}; {how_to_install(extra)}")


def _folder() -> Iterator[Finding]:
    for name in ("objectives", "storage", "studies"):
        for neighbour in (Path(name), Path(f"{name}.py")):
            if neighbour.exists() and not neighbour.resolve().is_relative_to(Path(__file__).resolve().parents[2]):
                yield Finding(
                    "folder", "note", f"{neighbour} has a name of studyhall's; an objective here cannot import it"
                )
