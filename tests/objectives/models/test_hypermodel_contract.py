"""Every built-in hypermodel keeps what a study relies on."""

import pytest
from contracts.hypermodel import HyperModelContract
from helpers.networks import SMALL, write_files

from objectives.models import cnn, mlp, resnet, tabular, text, transfer
from objectives.registry import HYPERMODELS


def shared(network):
    """What it has in common with mlp is tried with that alone."""
    return frozenset(name for name, each in network.parameters.items() if each == mlp.PARAMETERS.get(name))


class TestMlp(HyperModelContract):
    hypermodel, network, small = mlp.MLP, mlp.NETWORK, SMALL["mlp"]


class TestCnn(HyperModelContract):
    hypermodel, network, small = cnn.CNN, cnn.NETWORK, SMALL["cnn"]
    tried_elsewhere = shared(cnn.NETWORK)


class TestResnet(HyperModelContract):
    hypermodel, network, small = resnet.RESNET, resnet.NETWORK, SMALL["resnet"]
    tried_elsewhere = shared(resnet.NETWORK)


class TestTabular(HyperModelContract):
    hypermodel, network, small = tabular.TABULAR, tabular.NETWORK, SMALL["tabular"]
    tried_elsewhere = shared(tabular.NETWORK)


class TestSequence(HyperModelContract):
    hypermodel, network, small = text.SEQUENCE, text.NETWORK, SMALL["sequence"]
    tried_elsewhere = shared(text.NETWORK) | {"synonyms"}
    # Nobody has 5001 words.
    others = {"max_tokens": 4}  # noqa: RUF012

    @pytest.fixture
    def needed(self, keras, tmp_path):
        return write_files(tmp_path)["sequence"]


class TestTransfer(HyperModelContract):
    hypermodel, network, small = transfer.TRANSFER, transfer.NETWORK, SMALL["transfer"]
    tried_elsewhere = shared(transfer.NETWORK) | {"backbone", "weights", "size"}

    @pytest.fixture
    def needed(self, keras, tmp_path):
        return write_files(tmp_path)["transfer"]


def test_no_hypermodel_is_left_out():
    tested = {each.hypermodel.name for each in HyperModelContract.__subclasses__()}
    assert tested == set(HYPERMODELS)
