"""What reads an exported folder without this package: one file in Python, one in JavaScript, copied into the folder."""
