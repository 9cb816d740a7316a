"""The page on which people label a file, and the server behind it."""
