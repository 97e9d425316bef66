"""What a study file may leave out of its sampler and pruner."""

import pytest

from studies.study_file.reading import read_study

HEAD = 'objective = "quadratic"\nbudget = { trials = 3 }\n'


@pytest.mark.parametrize(
    ("text", "settings", "sampler", "pruner"),
    [
        ("", {}, "tpe", "median"),
        ("", {"pruner.n_warmup_steps": 5}, "tpe", "median, n_warmup_steps = 5"),
        ("", {"sampler.n_startup_trials": 20}, "tpe, n_startup_trials = 20", "median"),
        ("[pruner]\nn_warmup_steps = 5", {}, "tpe", "median, n_warmup_steps = 5"),
        ("sampler = { multivariate = true }", {}, "tpe, multivariate = true", "median"),
        ("sampler = {}", {}, "tpe", "median"),
        # Of what the file names, it is an option of that.
        ("pruner = 'percentile'", {"pruner.n_min_trials": 2}, "tpe", "percentile, n_min_trials = 2"),
        ("[sampler]\nname = 'cmaes'", {"sampler.popsize": 8}, "cmaes, popsize = 8", "median"),
        # The command line may name one, and then an option of it.
        ("", {"sampler": "cmaes", "sampler.popsize": 8}, "cmaes, popsize = 8", "median"),
        ("[pruner]\nn_warmup_steps = 5", {"pruner": "none"}, "tpe", "none"),
    ],
)
def test_options_belong_to_the_named_sampler_or_pruner_else_to_the_default(tmp_path, text, settings, sampler, pruner):
    path = tmp_path / "s.toml"
    path.write_text(HEAD + text)
    spec = read_study(str(path), settings)
    assert (str(spec.sampler), str(spec.pruner)) == (sampler, pruner)
