"""The built-in objectives by name. A new family is one file and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from objectives.cnn import CNN
from objectives.functions import FUNCTIONS
from objectives.mlp import MLP
from objectives.objective import Family
from objectives.resnet import RESNET
from objectives.sequence import SEQUENCE
from objectives.tabular import TABULAR
from objectives.transfer import TRANSFER

BUILT_IN: Mapping[str, Family] = MappingProxyType(
    {family.name: family for family in (*FUNCTIONS, MLP, CNN, RESNET, TABULAR, SEQUENCE, TRANSFER)}
)
