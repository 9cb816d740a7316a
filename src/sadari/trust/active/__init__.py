"""What to label next: from which text most is learned, what the labels so far are worth, and when more no longer pay."""
