"""`[space]`: ranges, choices and conditions, and what parameters a hypermodel accepts."""
