"""What stands around every page: who reads it, its words, its look, its errors."""
