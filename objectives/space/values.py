"""The values that a parameter can have."""

from __future__ import annotations

Scalar = bool | int | float | str
