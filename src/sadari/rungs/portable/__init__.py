"""What a rung is outside this package: how texts become ids, as data, and what is made of the ids."""
