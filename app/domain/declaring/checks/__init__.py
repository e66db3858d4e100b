"""What can be wrong with a declaration that reads well: one file a kind of fault."""
