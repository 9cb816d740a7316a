"""One reader a file format; `opening` chooses among them."""
