"""How a study runs: study file -> workers -> trials -> model and report."""
