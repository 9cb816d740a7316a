"""What a metric is made of: scores of drawn rows, of labels with an order, and what mistakes cost."""
