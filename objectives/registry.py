"""The built-in objectives by name. A new family is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from objectives.functions import FUNCTIONS
from objectives.hypermodel import HyperModel
from objectives.models.cnn import CNN
from objectives.models.mlp import MLP
from objectives.models.resnet import RESNET
from objectives.models.tabular import TABULAR
from objectives.models.text import SEQUENCE
from objectives.models.transfer import TRANSFER

BUILT_IN: Mapping[str, HyperModel] = MappingProxyType(
    {family.name: family for family in (*FUNCTIONS, MLP, CNN, RESNET, TABULAR, SEQUENCE, TRANSFER)}
)
