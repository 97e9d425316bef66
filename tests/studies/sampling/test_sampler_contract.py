"""Every sampler of the table keeps what its line says."""

import pytest
from contracts.sampler import SamplerContract

from studies.sampling.samplers import ENTRIES

CONFIGS = {
    "random": {"name": "random"},
    "tpe": {"name": "tpe", "n_startup_trials": 4},
    "cmaes": {"name": "cmaes", "n_startup_trials": 2, "popsize": 4},
    "gp": {"name": "gp", "n_startup_trials": 4},
    "nsgaii": {"name": "nsgaii", "population_size": 4},
    "nsgaiii": {"name": "nsgaiii", "population_size": 4},
    "qmc": {"name": "qmc"},
    "grid": {"name": "grid"},
    "bruteforce": {"name": "bruteforce"},
    "partial-fixed": {"name": "partial-fixed", "fixed": {"x": 2}, "base": "tpe", "options": {"n_startup_trials": 4}},
}


def test_no_sampler_is_left_out():
    assert CONFIGS.keys() == ENTRIES.keys()


@pytest.mark.parametrize("name", CONFIGS)
class TestSampler(SamplerContract):
    """All of the table: the classes of others override `config` alone."""

    @pytest.fixture
    def config(self, name):
        """The sampler's value in a study file."""
        return CONFIGS[name]
