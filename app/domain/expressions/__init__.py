"""CEL: compiled, checked, priced and evaluated, and what an expression sees."""
