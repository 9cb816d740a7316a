"""How far answers may be believed: learned from rows that were not trained on, and kept in the model folder."""
