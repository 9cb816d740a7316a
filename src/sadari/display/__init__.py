"""What shows itself: how a training goes, in a notebook and on a terminal, and what a notebook shows of a result."""
