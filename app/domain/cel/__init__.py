"""What guard.py stands on: the syntax tree of a CEL expression, its types, and what it sees."""
