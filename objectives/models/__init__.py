"""The built-in hypermodels that train a network: one file each."""
