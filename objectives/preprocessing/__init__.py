"""What is fitted on a training part and applied to all data after it."""
