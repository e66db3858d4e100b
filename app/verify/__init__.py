"""What verifies an export offline: `verify.py` is one file of the standard library alone, enclosed in every export."""
