"""Verify, back up, copy."""
