"""Read cases, and who could do what with them. Nobody learns of a case that is not theirs."""
