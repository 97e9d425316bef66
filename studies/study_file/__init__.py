"""From what the user names to a checked study."""
