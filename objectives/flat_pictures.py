"""Pictures whose rows were flattened, in their shape again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from objectives.data import DataFault, SearchData


def with_pictures(params: Mapping[str, Any], data: SearchData) -> SearchData:
    """Return the data with rows of shape (height, width, channels); flat ones are squares of one channel.

    Raises DataFault for flat rows that are no square.
    """
    if data.x_train.ndim == 4:
        return data
    side = math.isqrt(data.x_train.shape[1])
    if side * side != data.x_train.shape[1]:
        raise DataFault(f"{data.origin} has rows of {data.x_train.shape[1]} values, which are no square picture")
    x_train, x_validation = (part.reshape(len(part), side, side, 1) for part in (data.x_train, data.x_validation))
    return replace(data, x_train=x_train, x_validation=x_validation)
