"""What to label next: from which text most is learned, what the labels are worth, and when more do not pay."""
