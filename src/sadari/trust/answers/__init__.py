"""What people have answered: kept as it comes, compared, and written as a table of labelled texts."""
