"""What the tests of trainers share: TensorFlow under Keras, and a pool of programs of their own."""

import pytest

from objectives.training import backend
from objectives.training.trainers import choice
from objectives.training.trainers.sharing import ProgramPool


@pytest.fixture(scope="module", autouse=True)
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


@pytest.fixture
def pool(monkeypatch):
    """An empty pool; returns how many programs it holds."""
    made = ProgramPool()
    monkeypatch.setattr(choice, "POOL", made)
    return lambda: len(made._programs)
