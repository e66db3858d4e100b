"""The calls about case types."""
