"""The only way into a case: attempts that wait are decided in one transaction and answered."""
