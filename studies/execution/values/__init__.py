"""What an objective gives and gets: its suggestions, attributes and choices, what it returns or raises."""
