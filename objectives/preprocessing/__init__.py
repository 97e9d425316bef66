"""What is fitted on a training split, applied to all rows after it, and carried by a saved model."""
