"""Whatever a study file, a setting or a file of data holds: a sentence, and never a fault of ours."""

import contextlib
import io
import os
import struct
import zipfile

import numpy as np
import pytest

from studies import api

NONSENSE = [
    None, True, -1, 0, 10**18, 2**63, 10**400, -0.0, 1e308, float("inf"), float("-inf"), float("nan"),
    "", " ", "\n", "\x1b[31m", "\u202egnp", "a\0b", "\udcff", "x" * 100_000, "~nobody/x.py:f", "/dev/zero", "é" * 300,
    "../" * 2000 + "x.csv", "$NOT_SET/x.csv", "a.py:f", ":", "a:b", "digits", "tpe",
    [], [[]], [None], [{}], [1, "a", 2.5], {}, {"": 1}, {"a": {"b": {"c": [1]}}}, {1: 2}, b"bytes", object(), {1, 2},
]  # fmt: skip
KEYS = [
    "name", "objective", "metric", "direction", "directions", "seed", "sampler", "sampler.name", "sampler.x", "pruner",
    "pruner.base", "pruner.options", "start", "start.x", "warm_start", "duplicates", "budget", "budget.trials",
    "budget.timeout", "budget.target", "data", "data.dataset", "data.target", "data.split", "data.classes",
    "data.image_size", "space", "space.x", "space.x.low", "space.x.choices", "space.x.when", "train", "train.epochs",
    "train.backend", "workers", "workers.count", "workers.memory", "workers.devices", "workers.heartbeat", "", ".",
    "a.b.c", "\x1b[2J", "x" * 10_000,
]  # fmt: skip


# Of a study that trains, what the others do not have.
CASES = [("mine.py:f", key) for key in KEYS]
CASES += [("digits_mlp", key) for key in KEYS if key.startswith(("metric", "dire", "data", "space", "train", "start"))]


@pytest.mark.parametrize(("study", "key"), CASES)
def test_any_value_of_any_key_is_sound_or_told(study, key, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f(trial):\n    return trial.suggest_float('x', 0.0, 1.0)\n")
    for value in NONSENSE:
        with contextlib.suppress(*api.STUDYHALL_ERRORS):
            api.check(study, {"budget.trials": 5, key: value})


@pytest.mark.parametrize("name", ["partial-fixed", "patient", "hyperband", "cmaes", "nsgaii", "wilcoxon", "threshold"])
def test_any_option_of_a_sampler_or_pruner_is_sound_or_told(name):
    kind = "pruner" if name in ("patient", "hyperband", "wilcoxon", "threshold") else "sampler"
    keys = [
        "fixed",
        "base",
        "options",
        "population_size",
        "popsize",
        "patience",
        "min_resource",
        "p_threshold",
        "upper",
    ]
    for key in keys:
        for value in [*(item for item in NONSENSE if item != 10**18), {"x": 1}, {"x": "a"}]:
            with contextlib.suppress(*api.STUDYHALL_ERRORS):
                api.check("quadratic", {"budget.trials": 5, kind: {"name": name, key: value}})


def npy(shape, descr="<f8", body=b"\0" * 80, version=1):
    made = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    write = np.lib.format.write_array_header_1_0 if version == 1 else np.lib.format.write_array_header_2_0
    write(made, header)
    return made.getvalue() + body


def archive(path, x, y=None, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as made:
        made.writestr("x.npy", x)
        made.writestr("y.npy", x if y is None else y)


ARCHIVES = {
    "claims terabytes": lambda path: archive(path, npy((10**13,))),
    "claims more than 64 bits": lambda path: archive(path, npy((2**40, 2**40))),
    "claims empty values without end": lambda path: archive(path, npy((10**13,), "<U0", b"")),
    "claims one endless text": lambda path: archive(path, npy((1,), "<U500000000")),
    "holds objects": lambda path: archive(path, npy((10,), "|O")),
    "holds records": lambda path: archive(path, npy((10,), [("a", "<f8")])),
    "has too many axes": lambda path: archive(path, npy((1,) * 70)),
    "has an axis below nought": lambda path: archive(path, npy((-5, -2))),
    "has a header of nonsense": lambda path: archive(path, b"\x93NUMPY\x01\x00" + struct.pack("<H", 4) + b"[[[["),
    "has a header of nests": lambda path: archive(path, b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"(" * 9000),
    "has another version": lambda path: archive(path, b"\x93NUMPY\x09\x00" + b"\0" * 100),
    "is packed in another way": lambda path: archive(path, npy((10,)), compression=zipfile.ZIP_LZMA),
    "holds no arrays": lambda path: archive(path, b"just a text"),
    "is empty": lambda path: path.write_bytes(b""),
    "is no archive": lambda path: path.write_bytes(b"PK\x03\x04" + b"\0" * 500),
    "is a pipe": lambda path: os.mkfifo(path),
    "is a folder": lambda path: path.mkdir(),
    "is a circle": lambda path: path.symlink_to(path),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_that_lies_is_told(what, tmp_path):
    ARCHIVES[what](tmp_path / "a.npz")
    with pytest.raises(api.STUDYHALL_ERRORS) as caught:
        api.check("mlp", {"data.dataset": str(tmp_path / "a.npz"), "budget.trials": 1, "metric": "val_loss"})
    assert len(str(caught.value)) < 600


def test_an_archive_with_any_byte_changed_is_read_or_told(tmp_path):
    from objectives.data.readers.npz import read_arrays
    from objectives.errors import DataError

    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(DataError):
            read_arrays(path)
        path.write_bytes(whole[:place])
        with contextlib.suppress(DataError):
            read_arrays(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".parquet", ".gz", ".npz", ".toml", ".py", ""])
@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\xff\xfe\x00", b"a,b\n" * 3, b'"' * 1000, b"PAR1" * 50, None])
def test_any_content_under_any_suffix_is_told(suffix, content, tmp_path):
    path = tmp_path / f"x{suffix}"
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    with contextlib.suppress(*api.STUDYHALL_ERRORS):
        api.check("tabular", {"data.dataset": str(path), "data.target": "b", "budget.trials": 1})
    for study in (str(path), f"{path}:f"):
        with pytest.raises(api.STUDYHALL_ERRORS):
            api.check(study, {"budget.trials": 1})
