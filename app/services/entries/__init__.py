"""What entries need that services write: ids and salts, who an operator is, refusals counted."""
