"""What is tuned: a trial in, one number out. Importing this package loads no framework."""
