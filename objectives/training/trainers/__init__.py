"""What trains one epoch, and which of them a study takes."""
