"""From a situation to an outcome: every check of the contract, the new case and its entry."""
