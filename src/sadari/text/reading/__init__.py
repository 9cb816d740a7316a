"""How texts become ids, as data: what a reader in another language does the same by."""
