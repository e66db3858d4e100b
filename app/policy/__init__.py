"""Who may do what: Casbin over policy lines, with users kept outside."""
