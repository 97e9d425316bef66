"""A user's own objective: found, judged by its text, loaded."""
