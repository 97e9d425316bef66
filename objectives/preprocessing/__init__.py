"""What is fitted on a training part, applied to all rows after it, and carried by a saved model."""
