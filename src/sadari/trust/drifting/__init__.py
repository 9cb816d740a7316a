"""Whether new texts are of the kind that came before: a test of two samples, and what changed."""
