"""A trained classifier that answers over HTTP, in the shapes that existing clients speak."""
