"""One trial's training. Knows no study."""
