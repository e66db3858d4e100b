"""What somebody sees and chooses of themselves."""
