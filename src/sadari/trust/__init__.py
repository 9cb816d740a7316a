"""What may be believed: which labels, which answers; and what to label next."""
