"""What a rung may take of the time: measured before it is trained, and planned."""
