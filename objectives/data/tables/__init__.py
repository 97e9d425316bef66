"""From the cells of a user's table to a data set: what each column is, becomes, and lacks."""
