"""Word vectors: read, written, searched, compared, trained."""
