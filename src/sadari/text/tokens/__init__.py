"""Texts cut into tokens: which tokenizers there are, which suits, and the one loop that they are."""
