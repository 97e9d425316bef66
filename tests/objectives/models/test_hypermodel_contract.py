"""Every built-in hypermodel keeps what a study relies on."""

import pytest
from contracts.hypermodel import HyperModelContract
from helpers.networks import SMALL, write_files

from objectives.models import cnn, mlp, resnet, tabular, text, transfer
from objectives.registry import HYPERMODELS


def shared(hypermodel):
    """What it has in common with mlp is tried with that alone."""
    return frozenset(name for name, each in hypermodel.parameters.items() if each == mlp.PARAMETERS.get(name))


class TestMlp(HyperModelContract):
    hypermodel, small = mlp.MLP, SMALL["mlp"]


class TestCnn(HyperModelContract):
    hypermodel, small = cnn.CNN, SMALL["cnn"]
    tried_elsewhere = shared(cnn.CNN)


class TestResnet(HyperModelContract):
    hypermodel, small = resnet.RESNET, SMALL["resnet"]
    tried_elsewhere = shared(resnet.RESNET)


class TestTabular(HyperModelContract):
    hypermodel, small = tabular.TABULAR, SMALL["tabular"]
    tried_elsewhere = shared(tabular.TABULAR)


class TestSequence(HyperModelContract):
    hypermodel, small = text.SEQUENCE, SMALL["sequence"]
    tried_elsewhere = shared(text.SEQUENCE) | {"synonyms"}
    # Nobody has 5001 words.
    others = {"max_tokens": 4}  # noqa: RUF012

    @pytest.fixture
    def needed(self, keras, tmp_path):
        return write_files(tmp_path)["sequence"]


class TestTransfer(HyperModelContract):
    hypermodel, small = transfer.TRANSFER, SMALL["transfer"]
    tried_elsewhere = shared(transfer.TRANSFER) | {"backbone", "weights", "size"}

    @pytest.fixture
    def needed(self, keras, tmp_path):
        return write_files(tmp_path)["transfer"]


def test_no_hypermodel_is_left_out():
    tested = {each.hypermodel.name for each in HyperModelContract.__subclasses__()}
    assert tested >= set(HYPERMODELS)
