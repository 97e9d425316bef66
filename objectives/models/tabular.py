"""The hypermodel `tabular`: mlp's layers for tables, with weights for skewed classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from objectives.hypermodel import HyperModel
from objectives.models import mlp
from objectives.models.parts import class_weights
from objectives.space.parameters import Parameter

PARAMETERS: Mapping[str, Parameter] = {
    **mlp.PARAMETERS,
    # Tables have tens of columns and often only hundreds of rows, where images have thousands of both.
    "units": replace(mlp.PARAMETERS["units"], default=32),
    "batch_size": replace(mlp.PARAMETERS["batch_size"], default=32),
    **class_weights.PARAMETERS,
}

DEFAULT_SPACE: Mapping[str, object] = {
    "layers": {"low": 1, "high": 3},
    "units": {"choices": [16, 32, 64, 128]},
    "dropout": {"low": 0.0, "high": 0.5},
    "l2": {"low": 1e-6, "high": 1e-2, "log": True},
    "batch_normalization": {"choices": [False, True]},
    "learning_rate": {"low": 1e-4, "high": 1e-1, "log": True},
    "batch_size": {"choices": [16, 32, 64]},
}


TABULAR = HyperModel(
    name="tabular",
    summary="fully connected network on tables: classes, skewed or not, and numbers",
    parameters=PARAMETERS,
    space=DEFAULT_SPACE,
    build=mlp.build,
    reads=("table",),
)
