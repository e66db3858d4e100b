"""What entries need that services write: ids and salts, who did it, the one way to write them, refusals counted."""
