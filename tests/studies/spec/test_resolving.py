"""A reference is resolved once, and the objective answers what the rest of the program asks."""

import numpy as np
import pytest

from objectives.errors import ObjectiveError
from objectives.functions import FUNCTIONS
from objectives.registry import HYPERMODELS
from studies.spec.resolving import KINDS, find, resolve
from studies.spec.study import StudySpec
from studies.study_file.checks import study_faults
from studies.study_file.completion import complete

OWN = "def objective(trial):\n    return trial.suggest_float('x', 0.0, 1.0)\n"


@pytest.fixture
def own(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(OWN)
    return file


def spec(objective, **keys):
    return StudySpec.model_validate({"name": "s", "objective": objective, **keys})


# Reference -> whether its space is declared without a [space]; whether it stops at an epoch's end, and uses GPUs.
ANSWERS = {
    "quadratic": (True, True, False),
    "mlp": (True, True, True),
    "mine.py:objective": (False, False, True),
    "a.package:objective": (False, False, True),
}


@pytest.mark.parametrize("reference", ANSWERS)
def test_each_kind_answers_for_itself(reference):
    found = resolve(reference)
    declared = found.space_is_declared(spec(reference))
    assert (declared, found.is_cooperative, found.uses_gpus) == ANSWERS[reference]


def test_a_space_beside_a_function_of_the_users_own_declares_it():
    assert resolve("mine.py:objective").space_is_declared(spec("mine.py:objective", space={"x": 3}))


def test_no_two_kinds_claim_the_same_reference():
    for reference in [*FUNCTIONS, *HYPERMODELS, *ANSWERS]:
        assert len([kind for kind in KINDS if kind.find(reference) is not None]) == 1, reference


def test_of_what_nobody_knows_all_there_is_to_say_is_that():
    assert find("quadratik") is None
    unknown = resolve("quadratik")
    [(key, sentence)] = unknown.faults(spec("quadratik"))
    assert key == "objective"
    assert sentence.startswith('found "quadratik"; allowed: quadratic, beale, ')
    assert sentence.endswith('path/file.py:function or package.module:function; did you mean "quadratic"?')
    with pytest.raises(ObjectiveError, match="did you mean"):
        unknown.load(spec("quadratik"))


@pytest.mark.parametrize("objective", [*FUNCTIONS, *HYPERMODELS])
def test_a_completed_study_leaves_nothing_to_ask_and_is_complete(objective):
    whole = complete(spec(objective))
    trains = objective in HYPERMODELS
    assert (whole.data is not None, whole.train is not None, bool(whole.metrics)) == (trains, trains, trains)
    assert whole.space
    assert len(whole.directions) == 1
    assert complete(whole) == whole
    # As it comes back from the storage, too.
    assert complete(StudySpec.model_validate(whole.model_dump(mode="json", exclude_none=True))) == whole


def test_what_the_file_says_stays(own):
    given = {"metric": ["val_loss", "parameters"], "directions": ["minimize", "minimize"], "space": {"units": 8}}
    whole = complete(spec("mlp", train={"epochs": 3}, data={"dataset": "mnist"}, **given))
    assert (whole.metrics, whole.train.epochs, whole.data.dataset) == (("val_loss", "parameters"), 3, "mnist")
    assert whole.space == {"units": 8}
    assert complete(spec("mlp", space={})).space == {}
    assert complete(spec(f"{own}:objective")) == spec(f"{own}:objective")


def test_the_direction_follows_from_the_metric_unless_it_is_given():
    assert complete(spec("mlp")).directions == ("maximize",)
    assert complete(spec("mlp", metric="val_loss")).directions == ("minimize",)
    assert complete(spec("mlp", metric="val_accuracy", direction="minimize")).directions == ("minimize",)


def test_a_covered_space_is_its_own_budget():
    space = {"x": {"choices": [0, 1]}, "y": {"low": 1, "high": 3, "step": 1}}
    assert complete(spec("quadratic", sampler="grid", space=space)).budget.trials == 6
    assert complete(spec("quadratic", sampler="grid", space=space, budget={"trials": 4})).budget.trials == 4
    assert complete(spec("quadratic", space=space)).budget.trials is None


def test_workers_are_told_the_backend_and_preload_it():
    for backend in ("tensorflow", "jax"):
        whole = complete(spec("mlp", train={"backend": backend}))
        assert resolve("mlp").environment(whole) == {"KERAS_BACKEND": backend}
        assert resolve("mlp").frameworks(whole) == (backend,)
    whole = complete(spec("quadratic"))
    assert (resolve("quadratic").environment(whole), resolve("quadratic").frameworks(whole)) == ({}, ())


def test_a_file_that_imports_keras_has_tensorflow_preloaded_where_keras_runs_on_it(own, monkeypatch):
    reference = f"{own}:objective"
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert resolve(reference).frameworks(spec(reference)) == ()
    own.write_text("import keras\n" + OWN)
    assert resolve(reference).frameworks(spec(reference)) == ("tensorflow",)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert resolve(reference).frameworks(spec(reference)) == ()


def test_the_fingerprint_is_that_of_what_may_change(own, tmp_path):
    reference = f"{own}:objective"
    before = resolve(reference).fingerprint(spec(reference))
    assert (before.what, before.text) == (reference, OWN)
    own.write_text(OWN.replace("1.0", "2.0"))
    assert resolve(reference).fingerprint(spec(reference)).sha256 != before.sha256
    # Of a built-in one it is that of its data, where these are the user's own.
    assert resolve("mlp").fingerprint(complete(spec("mlp"))) is None
    assert resolve("quadratic").fingerprint(complete(spec("quadratic"))) is None
    data = tmp_path / "own.npz"
    np.savez(data, x=np.zeros((40, 3)), y=np.arange(40) % 2)
    found = resolve("mlp").fingerprint(complete(spec("mlp", data={"dataset": str(data)})))
    assert (found.what, found.text, len(found.sha256)) == (str(data), "", 64)
    # And of the files that its parameters name.
    backbone = tmp_path / "own.keras"
    backbone.write_bytes(b"weights")
    transfer = {"objective": "transfer", "space": {"backbone": {"choices": ["MobileNetV2", str(backbone)]}}}
    found = resolve("transfer").fingerprint(complete(spec(**transfer)))
    assert set(found.files) == {str(backbone)}
    backbone.write_bytes(b"others!")
    assert resolve("transfer").fingerprint(complete(spec(**transfer))).files != found.files


def test_the_fingerprint_of_a_file_holds_the_modules_that_it_imports(own):
    own.write_text("from beside import x\n" + OWN)
    (own.parent / "beside.py").write_text("x = 1\n")
    assert set(resolve(f"{own}:objective").fingerprint(spec(f"{own}:objective")).files) == {
        str(own.parent / "beside.py")
    }


def test_a_file_that_runs_a_study_is_refused_and_what_is_built_in_takes_no_arguments(own):
    own.write_text(f"import optuna\n{OWN}optuna.create_study().optimize(objective, n_trials=3)\n")
    [(key, sentence)] = resolve(f"{own}:objective").faults(spec(f"{own}:objective"))
    assert (key, "line 4: the file runs a study of its own" in sentence) == ("objective", True)
    [(key, sentence)] = study_faults(complete(spec("quadratic", arguments=["-v"], budget={"trials": 1})))
    assert (key, "reads no arguments" in sentence) == ("arguments", True)


def test_a_file_is_found_from_any_folder_and_a_module_by_python(own):
    assert resolve("mine.py:objective").absolute(own.parent) == f"{own}:objective"
    assert resolve("a.package:objective").absolute(own.parent) == "a.package:objective"
    assert resolve("mlp").absolute(own.parent) == "mlp"
    space = {"backbone": {"choices": ["MobileNetV2", "./own.keras"]}, "units": 3}
    found = resolve("transfer").locate_files(space, own.parent)
    assert found == {"backbone": {"choices": ["MobileNetV2", str(own.parent / "own.keras")]}, "units": 3}
    assert resolve("quadratic").locate_files({"x": 1.0}, own.parent) == {"x": 1.0}
