"""The kinds of objectives, a file each."""
