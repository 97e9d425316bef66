"""Where workers run: one file a place, one contract (`base`)."""
