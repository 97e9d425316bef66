"""Which Keras backend trains: decided before Keras is first imported, since it cannot change after."""

from __future__ import annotations

import importlib.util
import os
import sys

from objectives.errors import BackendError

# Package -> the extra of studyhall that installs it; TensorFlow comes with studyhall itself.
EXTRAS = {"jax": "jax", "torch": "torch"}


def prepare(backend: str) -> None:
    """Make Keras use `backend` ("tensorflow", "jax" or "torch") when it is imported.

    Raises:
        BackendError: when it is not installed, or when Keras is loaded with another already.
    """
    if "keras" in sys.modules:
        _check_loaded(backend)
        return
    if importlib.util.find_spec(backend) is None:
        install = f"studyhall[{EXTRAS[backend]}]" if backend in EXTRAS else backend
        raise BackendError(
            f"train.backend = {backend!r} needs {backend}, which is not installed: pip install '{install}'"
        )
    os.environ["KERAS_BACKEND"] = backend
    # TensorFlow's greetings about CPU instructions say nothing about the study; errors stay.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _check_loaded(backend: str) -> None:
    import keras

    if (loaded := keras.config.backend()) != backend:
        raise BackendError(
            f"Keras is already loaded with the backend {loaded!r} and cannot change to {backend!r}: "
            "import no keras before the worker starts, or set train.backend to the one in use"
        )
