"""A short search for better settings of a rung, on validation rows, by Optuna (``sadari[tune]``)."""
