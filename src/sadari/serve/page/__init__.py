"""The page for people: plain files, which the server reads once."""
