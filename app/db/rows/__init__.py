"""Domain values as rows and back."""
