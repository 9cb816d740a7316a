"""Which labels are wrong: found by models that did not see them, and what it buys to mend them."""
