import importlib.util
import sys
from types import SimpleNamespace

import pytest

from objectives.training import backend


@pytest.fixture
def no_keras(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)


def test_the_backend_is_chosen_before_keras_is_imported(no_keras, monkeypatch):
    import os

    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    backend.prepare("tensorflow")
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert "keras" not in sys.modules


@pytest.mark.parametrize("name", ["jax", "torch"])
def test_a_backend_that_is_not_installed_names_its_extra(no_keras, monkeypatch, name):
    monkeypatch.setattr(importlib.util, "find_spec", lambda package: None)
    with pytest.raises(backend.BackendError, match=rf"needs {name}.*pip install 'studyhall\[{name}\]'"):
        backend.prepare(name)


def test_a_loaded_keras_cannot_change_its_backend(monkeypatch):
    loaded = SimpleNamespace(config=SimpleNamespace(backend=lambda: "jax"))
    monkeypatch.setitem(sys.modules, "keras", loaded)
    backend.prepare("jax")
    with pytest.raises(backend.BackendError, match="already loaded with the backend 'jax'"):
        backend.prepare("tensorflow")
