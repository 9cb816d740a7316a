"""What to recommend: the rule, whether anything was learned, and the sentences that say it."""
