"""What these hypermodels share, with its parameters."""
