"""What a finished trial tells."""
