"""A file that optimizes when it is loaded is found by its text, and stopped where only the run can tell."""

import pytest

from objectives.errors import ObjectiveError
from objectives.user_code.loading import load
from objectives.user_code.own_studies import check_runs_no_study

pytestmark = pytest.mark.usefixtures("unchanged_interpreter")

HEAD = "import optuna\ndef objective(trial):\n    return 1.0\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "unguarded_file.py"
        path.write_text(HEAD + text)
        return f"{path}:objective"

    return write


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("study = optuna.create_study()\nstudy.optimize(objective, n_trials=2)\n", "line 5:"),
        ("optuna.create_study().optimize(objective, n_trials=2)\n", "line 4:"),
        ("s = optuna.load_study(study_name='x', storage='y')\ns.optimize(objective)\n", "line 5:"),
        ("s = optuna.create_study()\nfor _ in range(3):\n    trial = s.ask()\n    s.tell(trial, 1.0)\n", "line 6:"),
        ("def main():\n    s = optuna.create_study()\n    s.optimize(objective)\nmain()\n", "line 7: the file runs"),
        ("def main():\n    run()\ndef run():\n    make().optimize(objective, timeout=3)\nmain()\n", "line 8:"),
        ("class R:\n    def go(self):\n        self.study.optimize(objective)\nR().go()\n", "line 7:"),
        ("class R:\n    def __init__(self):\n        self.study.optimize(objective)\nR()\n", "line 7:"),
        ("try:\n    optuna.create_study().optimize(objective)\nfinally:\n    print(1)\n", "line 5:"),
        ("with open('log', 'w'):\n    optuna.create_study().optimize(objective)\n", "line 5:"),
        ("class R:\n    optuna.create_study().optimize(objective)\n", "line 5:"),
        ("if __name__ != '__main__':\n    optuna.create_study().optimize(objective)\n", "line 5:"),
        ("print(optuna.create_study().optimize(objective))\n", "line 4:"),
    ],
)
def test_what_optimizes_at_module_level_is_told_with_its_line(write, text, line):
    with pytest.raises(ObjectiveError) as caught:
        check_runs_no_study(write(text))
    assert f"unguarded_file.py, {line}" in str(caught.value)
    assert 'under `if __name__ == "__main__":`' in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "if __name__ == '__main__':\n    optuna.create_study().optimize(objective)\n",
        "def main():\n    optuna.create_study().optimize(objective)\nif __name__ == '__main__':\n    main()\n",
        "study = optuna.create_study()\n",
        "run = lambda: optuna.create_study().optimize(objective)\n",
        "import scipy\nscipy.optimize.minimize(abs, 1)\nmodel.optimize()\nengine.optimize(objective)\n",
        "import sys\nif len(sys.argv) > 9:\n    optuna.create_study().optimize(objective)\n",
        "try:\n    import x\nexcept ImportError:\n    optuna.create_study().optimize(objective)\n",
    ],
)
def test_what_a_script_may_do_is_not_refused(write, text):
    check_runs_no_study(write(text))


@pytest.mark.parametrize(
    "text",
    [
        "import os\nif os.sep:\n    optuna.create_study().optimize(objective, n_trials=1)\n",
        "exec('optuna.create_study().optimize(objective, n_trials=1)')\n",
        "try:\n    getattr(optuna.create_study(), 'optimize')(objective)\nexcept Exception:\n    pass\n",
        "getattr(optuna.create_study(), 'ask')()\n",
    ],
)
def test_what_the_text_hides_is_met_when_it_is_loaded(write, text):
    reference = write(text)
    check_runs_no_study(reference)
    with pytest.raises(ObjectiveError, match="runs a study of its own"):
        load(reference)


def test_an_objective_may_run_a_study_of_its_own(write):
    inner = "def objective(trial):\n    import optuna\n    s = optuna.create_study()\n"
    text = f"{inner}    s.optimize(lambda t: t.suggest_float('x', 0, 1), n_trials=2)\n    return len(s.trials)\n"
    assert load(write(text))(None) == 2
