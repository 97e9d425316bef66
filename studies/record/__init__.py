"""A study as it lies in its storage."""
