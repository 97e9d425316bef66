"""Data sets: read, labelled, split."""
