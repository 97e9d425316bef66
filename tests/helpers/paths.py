"""Where things lie that several tests need."""

import os
from pathlib import Path

HELPERS = Path(__file__).resolve().parent
ROOT = HELPERS.parents[1]
# Data that some tests need and that the project does not hold; they are skipped where there are none.
DATA = Path(os.environ.get("STUDYHALL_TEST_DATA") or ROOT.parent / "shared" / "data")
