"""What a trained rung is measured by: one label a text, or several."""
