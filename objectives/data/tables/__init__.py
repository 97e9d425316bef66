"""From the cells of a user's table to a data set: what each column is, what becomes of it, and what is wrong with it."""
