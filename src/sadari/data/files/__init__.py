"""Many files as one corpus: which files are meant, and their records one after another."""
