"""The built-in hypermodels by name. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from objectives.hypermodel import HyperModel
from objectives.models.cnn import CNN
from objectives.models.mlp import MLP
from objectives.models.resnet import RESNET
from objectives.models.tabular import TABULAR
from objectives.models.text import SEQUENCE
from objectives.models.transfer import TRANSFER

HYPERMODELS: Mapping[str, HyperModel] = MappingProxyType(
    {hypermodel.name: hypermodel for hypermodel in (MLP, CNN, RESNET, TABULAR, SEQUENCE, TRANSFER)}
)
