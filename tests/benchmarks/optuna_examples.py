"""Run Optuna's public examples under plain Optuna and under `studyhall launch`, and print both beside each other.

    git clone https://github.com/optuna/optuna-examples
    python tests/benchmarks/optuna_examples.py optuna-examples [--data FOLDER] [--trials 8] [--limit 240] [NAME ...]

An example's function of a trial is run as it stands. Both sides draw from the same streams: TPE, seeded for each trial
as studyhall seeds it. Where they differ and runs under Optuna differ among themselves, the example draws numbers of its
own; then both sides sample at random, and only the parameters are compared. FOLDER holds mnist.npz, which Keras finds
instead of downloading it.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import optuna

STUDYHALL = shutil.which("studyhall") or str(Path(sys.executable).parent / "studyhall")
UNDER_OPTUNA = Path(__file__).with_name("optuna_example_alone.py")
SEED = 7
# What a script gives `optimize` or `create_study` that `launch` does not take over, and what does instead.
COUNTERPARTS = {
    "callbacks": "its callback does not run",
    "catch": "`catch` is not needed: a trial that raises fails, and the study goes on",
    "sampler": "its sampler is chosen by `--sampler`",
    "pruner": "its pruner is chosen by `--pruner`",
}


@dataclass
class Example:
    """One script: what it optimizes, and why it cannot be run."""

    path: Path
    name: str
    function: str = ""
    directions: list[str] = field(default_factory=lambda: ["minimize"])
    remarks: list[str] = field(default_factory=list)
    why_not: str = ""


def read(root: Path, path: Path) -> Example:
    """Find the function of a trial that a script hands to `optimize`, and what else it says there."""
    found = Example(path, str(path.relative_to(root)))
    tree = ast.parse(path.read_text("utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    calls = {"optimize": [], "create_study": []}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in calls:
            calls[node.func.attr].append(node)
    if lacking := sorted({name for name in imported(tree) if importlib.util.find_spec(name) is None}):
        found.why_not = f"needs {', '.join(lacking)}"
    elif not calls["optimize"]:
        found.why_not = "calls no `study.optimize`: it asks and tells, or hands the search to another program"
    elif not (names := [arg.id for call in calls["optimize"] for arg in call.args[:1] if isinstance(arg, ast.Name)]):
        found.why_not = "optimizes no function by its name"
    elif names[0] not in functions:
        found.why_not = f"`{names[0]}` is no function at module level, but an object made under the main guard"
    else:
        found.function = names[-1]
    for call in [*calls["create_study"], *calls["optimize"]]:
        for keyword in call.keywords:
            if keyword.arg in ("direction", "directions"):
                given = ast.literal_eval(keyword.value)
                found.directions = [given] if isinstance(given, str) else given
            elif (remark := COUNTERPARTS.get(keyword.arg or "")) and remark not in found.remarks:
                found.remarks.append(remark)
    return found


def imported(tree: ast.Module) -> set[str]:
    """The packages that the script imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@dataclass(frozen=True)
class Runner:
    """Runs one example in a folder of its own."""

    trials: int
    limit: float
    environment: dict[str, str]

    def alone(self, example: Example, sampler: str) -> list[dict[str, object]] | str:
        """The trials under plain Optuna, or the last line of what it said."""
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, str(UNDER_OPTUNA), str(example.path), example.function, sampler, str(SEED)]
            said = self._run([*words, str(self.trials), ",".join(example.directions)], folder)
            written = Path(folder, "trials.json")
            return json.loads(written.read_text()) if written.exists() else said

    def launched(self, example: Example, sampler: str) -> list[dict[str, object]] | str:
        """The trials of a launch, or the last line of what it said."""
        with tempfile.TemporaryDirectory() as folder:
            words = [
                STUDYHALL,
                "launch",
                f"{example.path}:{example.function}",
                "--name",
                "example",
                "--storage",
                "s.db",
            ]
            words += ["--trials", str(self.trials), "--seed", str(SEED), "--sampler", sampler]
            said = self._run([*words, "--direction", ",".join(example.directions)], folder)
            try:
                study = optuna.load_study(study_name="example", storage=f"sqlite:///{folder}/s.db")
            except Exception:  # noqa: BLE001  there is no study, and what was said tells why
                return said
            rows = [
                {
                    "state": trial.state.name,
                    "params": trial.params,
                    "values": trial.values,
                    "reports": {str(step): value for step, value in trial.intermediate_values.items()},
                }
                for trial in study.get_trials()
            ]
            done = [row for row in rows if row["state"] in ("COMPLETE", "PRUNED")]
            return rows if len(done) >= self.trials else said

    def _run(self, words: list[str], folder: str) -> str:
        try:
            done = subprocess.run(
                words,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self.limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"takes more than {self.limit:.0f} s"
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        why = [line.removeprefix("why").strip() for line in lines if line.startswith("why")]
        return (why or lines or ["said nothing"])[-1][:200]


def row(example: Example, runner: Runner) -> tuple[str, ...]:
    """The example's line of the table."""
    remarks = "; ".join(example.remarks)
    if example.why_not:
        return example.name, "-", "-", "-", example.why_not
    first = runner.alone(example, "tpe")
    if isinstance(first, str):
        return example.name, "no", "-", "-", first
    launched = runner.launched(example, "tpe")
    if isinstance(launched, str):
        return example.name, "yes", "no", "-", launched
    verdict = compared(first, launched, ("state", "params", "values", "reports"))
    if verdict != "yes" and any(runner.alone(example, "tpe") != first for _ in range(3)):
        first, launched = runner.alone(example, "random"), runner.launched(example, "random")
        verdict = compared(first, launched, ("params",))
        remarks = "; ".join(filter(None, ["it draws numbers of its own: only parameters compared", remarks]))
    return example.name, "yes", "yes", verdict, remarks


def compared(one: list[dict[str, object]] | str, other: list[dict[str, object]] | str, keys: tuple[str, ...]) -> str:
    """Whether the trials of two runs agree in those keys."""
    if isinstance(one, str) or isinstance(other, str):
        return "no"
    same = [all(row[key] == beside[key] for key in keys) for row, beside in zip(one, other, strict=False)]
    return "yes" if all(same) and len(one) == len(other) else f"{sum(same)} of {len(one)} trials"


def main() -> None:
    """Print a line for each example, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("names", nargs="*", help="parts of the names of the examples to run; all without")
    parser.add_argument("--data", type=Path, help="a folder with mnist.npz")
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--limit", type=float, default=240.0, help="seconds that one run may take")
    given = parser.parse_intermixed_args()
    root = given.checkout.resolve()
    with tempfile.TemporaryDirectory() as home:
        if given.data is not None:
            Path(home, "datasets").mkdir()
            Path(home, "datasets", "mnist.npz").symlink_to(given.data.resolve() / "mnist.npz")
        runner = Runner(given.trials, given.limit, {**os.environ, "KERAS_HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3"})
        rows = []
        print("| example | under Optuna | under studyhall | same trials | remarks |\n|---|---|---|---|---|")
        for path in sorted(root.rglob("*.py")):
            name = str(path.relative_to(root))
            if not given.names or any(part in name for part in given.names):
                rows.append(row(read(root, path), runner))
                print(f"| {' | '.join(rows[-1])} |", flush=True)
    here, there, same = (sum(line[place] == "yes" for line in rows) for place in (1, 2, 3))
    print(f"\n{len(rows)} scripts: {here} run under Optuna here, {there} under studyhall, {same} with the same trials")


if __name__ == "__main__":
    main()
