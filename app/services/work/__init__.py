"""What people do with cases besides firing events: the next case, comments, links and files."""
