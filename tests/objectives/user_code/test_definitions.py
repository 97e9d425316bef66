"""What the text of a file tells before it runs: whether it defines the objective, and whether that takes a trial."""

import pytest

from objectives.errors import ObjectiveError
from objectives.user_code.definitions import check_reference
from objectives.user_code.loading import load

pytestmark = pytest.mark.usefixtures("unchanged_interpreter")

GUARD = 'if __name__ == "__main__":\n'
OBJECTIVE = "def objective(trial):\n    return 1.0\n"


def told(folder, text, attribute="objective"):
    path = folder / "my.py"
    path.write_text(text)
    with pytest.raises(ObjectiveError) as caught:
        check_reference(f"{path}:{attribute}")
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        OBJECTIVE,
        "from somewhere import objective\n",
        "import package.objective as objective\n",
        "from somewhere import *\n",
        "def __getattr__(name): ...\n",
        "globals()['objective'] = print\n",
        "def make():\n    global objective\n    objective = print\nmake()\n",
        "with open('x') as objective: pass\n",
        "for objective in []: pass\n",
        "(objective := print)\n",
        "objective, other = print, print\n",
        "try:\n    import fast\nexcept ImportError:\n    objective = print\nelse:\n    objective = fast\n",
        f"{GUARD}    pass\nelse:\n    objective = print\n",
        "if __name__ != '__main__':\n    objective = print\n",
        "if __name__ == 'my':\n    objective = print\n",
        "class objective:\n    def __call__(self, trial): ...\n",
        "class objective:\n    def __init__(self, x=1, *, y=2, **more): ...\n    __call__ = print\n",
        "class objective(Base):\n    def __init__(self, x): ...\n",
        "@dataclass\nclass objective:\n    x: int\n",
        "@config\ndef objective(trial, settings): ...\n",
        "def objective(trial, x=1, *more, y=2, **others): ...\n",
        "def objective(*all): ...\n",
        "def objective(trial, x): ...\nobjective = partial(objective, x=1)\n",
        "def objective(settings):\n    return settings['x']\nobjective = on_trial(objective)\n",
        "try:\n    from fast import objective\nexcept ImportError:\n    def objective(trial, x): ...\n",
        "def objective(trial):\n    return trial['x'] if isinstance(trial, dict) else trial.params['x']\n",
        # A name of the guard that is defined outside as well, that is a parameter, or one of Python's.
        f"data = 1\n{OBJECTIVE.replace('1.0', 'data')}{GUARD}    data = 2\n",
        f"def objective(trial, data=0):\n    return data\n{GUARD}    data = 2\n",
        f"{OBJECTIVE.replace('1.0', 'max(1, 2)')}{GUARD}    max = 2\n",
        f"{OBJECTIVE}def other():\n    return data\n{GUARD}    data = 2\n",
    ],
)
def test_what_may_define_an_objective_passes(tmp_path, text):
    (tmp_path / "my.py").write_text(text)
    check_reference(f"{tmp_path / 'my.py'}:objective")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["does not define 'objective'", "it defines: nothing"]),
        ("def objectiv(trial): ...\n", ['did you mean "objectiv"?']),
        ("objective: int\n", ["does not define 'objective'"]),
        ("class A:\n    def objective(self): ...\n", ["does not define 'objective'"]),
        (f"import optuna\n{GUARD}    objective = 1\n", ["only under `if __name__", "(line 2)", "does not run", "move"]),
        (f"if '__main__' == __name__ and True:\n    {OBJECTIVE}".replace("\n    r", "\n        r"), ["(line 1)"]),
        ("if __name__ != '__main__':\n    pass\nelse:\n    objective = 1\n", ["only under `if __name__"]),
        (
            f"def main():\n    def objective(trial): ...\n{GUARD}    main()\n",
            ["inside of main() (line 1)", "move it out"],
        ),
        (
            f"{OBJECTIVE.replace('1.0', 'data')}{GUARD}    data = 2\n",
            ["objective uses 'data'", "(line 3)", "move it out"],
        ),
        (
            f"def fold():\n    return [data]\n{OBJECTIVE.replace('1.0', 'fold()')}{GUARD}    data = 2\n",
            ["objective uses 'data'", "(line 5)"],
        ),
        (
            f"class objective:\n    def __call__(self, trial):\n        return args.x\n{GUARD}    args = 1\n",
            ["objective uses 'args'"],
        ),
        ("def objective(:\n", ["line 1: SyntaxError"]),
        ("x = '\0'\n", ["null"]),
        (f"x = {'(' * 500}{')' * 500}\n", ["line 1: SyntaxError"]),
    ],
)
def test_what_defines_none_is_told_with_the_way_out(tmp_path, text, parts):
    sentence = told(tmp_path, text)
    assert [part for part in parts if part not in sentence] == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("def objective(): ...\n", ["cannot be called with the trial", "if objective() makes the objective"]),
        ("def objective(x, y): ...\n", ["missing a required argument: 'y'", "objective(trial, ...)"]),
        ("def objective(trial, *, y): ...\n", ["'y'"]),
        ("def objective(x, y, /): ...\n", ["'y'"]),
        ("async def objective(trial): ...\n", ["async"]),
        (
            "class objective:\n    def __init__(self, data): ...\n    def __call__(self, trial): ...\n",
            ["the class objective cannot be made without arguments", "'data'", "objective = objective(...)"],
        ),
        ("class objective:\n    pass\n", ["of type objective and cannot be called"]),
    ],
)
def test_the_text_and_the_loaded_thing_are_refused_with_the_same_way_out(tmp_path, text, parts, monkeypatch):
    sentence = told(tmp_path, text)
    assert [part for part in parts if part not in sentence] == []
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ObjectiveError) as caught:
        load(f"{tmp_path / 'my.py'}:objective")
    hint = caught.value.hint
    assert hint
    assert hint in sentence


def test_a_function_of_settings_is_told_how_it_becomes_one_of_a_trial(tmp_path):
    sentence = told(tmp_path, "def objective(config):\n    return config['rate'] * config['x']\n")
    assert "reads config['rate'] (line 2)" in sentence
    assert "objective({'rate': trial.suggest_float('rate', LOW, HIGH)})" in sentence
