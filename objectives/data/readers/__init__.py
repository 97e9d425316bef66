"""One reader a kind of file."""
