"""Workers at work: one launch from its start to its end."""
