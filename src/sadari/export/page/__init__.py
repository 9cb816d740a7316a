"""A classifier in one HTML file: its weights small enough, what it answers, and the page around them."""
