"""The directions that a script's own studies have, read off its text."""

import pytest

from objectives.user_code.directions import created_studies

HEAD = "import optuna\nfrom optuna import create_study\nfrom optuna.study import StudyDirection\n"
OBJECTIVE = "def objective(trial):\n    return 0.0\n"
MAX, MIN = ("maximize",), ("minimize",)

# What the script says -> the directions that it gives its studies.
SCRIPTS = {
    "optuna.create_study(direction='maximize')": [MAX],
    "create_study(study_name='s', direction='minimize')": [MIN],
    "create_study(direction=StudyDirection.MAXIMIZE)": [MAX],
    "create_study(direction=optuna.study.StudyDirection.MINIMIZE)": [MIN],
    "create_study(directions=['minimize', 'maximize'])": [MIN + MAX],
    "create_study(directions=(StudyDirection.MINIMIZE, 'minimize'))": [MIN + MIN],
    # By place, as until Optuna 4
    "create_study(None, None, None, 's', 'maximize')": [MAX],
    "create_study(None, None, None, 's', None, True, ['maximize'])": [MAX],
    "WAY = 'maximize'\ncreate_study(direction=WAY)": [MAX],
    "WAYS: list = ['minimize', 'maximize']\ncreate_study(directions=WAYS)": [MIN + MAX],
    "def main():\n    study = create_study(direction='maximize')\n    study.optimize(objective)": [MAX],
    "create_study(direction='maximize').optimize(objective)": [MAX],
    "create_study(direction='maximize').optimize(func=objective, n_trials=3)": [MAX],
    # Where the studies of others are told apart, they say nothing of this objective
    "a = create_study(direction='maximize')\nb = create_study(direction='minimize')\nb.optimize(objective)": [MIN],
    "a = create_study(direction='maximize')\nb = create_study()\nb.optimize(objective)": [],
    "a = create_study(direction='maximize')\nb = create_study(direction='minimize')": [MAX, MIN],
    "a = create_study(direction='maximize')\na.optimize(other)": [],
    "a = create_study(direction='maximize')\na.optimize(other)\nb = create_study(direction='minimize')": [MIN],
    # The objective within what is optimized
    "a = create_study(direction='maximize')\na.optimize(lambda trial: objective(trial, 3))": [MAX],
    "f = partial(objective, depth=3)\na = create_study(direction='maximize')\na.optimize(f)": [MAX],
    "a = create_study(direction='maximize')\na.optimize(module.objective)": [MAX],
    "a = create_study(direction='maximize')\na.optimize(objective)\na = create_study(direction='minimize')": [MAX, MIN],
    # What nobody can know without running it
    "create_study()": [],
    "create_study(direction=None)": [],
    "WAY = 'maximize'\nWAY = 'minimize'\ncreate_study(direction=WAY)": [],
    "import sys\ncreate_study(direction=sys.argv[1])": [],
    "create_study(direction='maximise')": [],
    "create_study(directions=[])": [],
    "create_study(directions=['minimize', *more])": [],
    "create_study(**options)": [],
    "create_study(*places)": [],
    "other.create(direction='maximize')": [],
    "": [],
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_which_way_its_studies_go(tmp_path, script):
    path = tmp_path / "script.py"
    guarded = "".join(f"    {line}\n" for line in script.splitlines())
    for text in (f"{HEAD}{OBJECTIVE}{script}\n", f"{HEAD}{OBJECTIVE}if __name__ == '__main__':\n{guarded}    pass\n"):
        path.write_text(text)
        found = created_studies(f"{path}:objective")
        assert [study.directions for study in found] == SCRIPTS[script]
    if found:
        assert "create_study" in path.read_text().splitlines()[found[0].line - 1]


def test_a_method_is_known_by_its_last_name(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(
        f"{HEAD}a = create_study(direction='maximize')\nb = create_study(direction='minimize')\nb.optimize(job.run)\n"
    )
    assert [study.directions for study in created_studies(f"{path}:job.run")] == [MIN]
