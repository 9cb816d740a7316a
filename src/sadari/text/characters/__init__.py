"""n-grams of characters as features: how a text falls into words, how these are spelled, and the counts."""
