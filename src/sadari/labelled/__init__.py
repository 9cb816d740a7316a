"""Rows of a file with what a model says of each: read, answered and written a batch at a time."""
