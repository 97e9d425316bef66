"""Before a study runs: its data, one short trial, this machine."""
