"""What commands share of the terminal: how they end, where they listen, what they say of an error."""
