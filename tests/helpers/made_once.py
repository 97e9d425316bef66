"""What this file makes as it is loaded can be made once."""

import time
from pathlib import Path

from its_helper import SCALE

if not Path("made").exists():
    time.sleep(0.3)
    Path("made").mkdir()


def objective(trial):
    """The fourth trial and those after it stay in their middle until there is a file for them."""
    x = trial.suggest_float("x", -5.0, 5.0)
    trial.set_user_attr("scale", SCALE)
    while trial.number >= 3 and not (Path("go").exists() or Path(f"go {trial.number}").exists()):
        time.sleep(0.05)
        trial.should_prune()
    return x * x * SCALE
