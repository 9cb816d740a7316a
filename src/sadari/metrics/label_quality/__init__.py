"""How likely each label is right, by the vote of models that did not see it."""
