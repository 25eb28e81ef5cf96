"""How the master moves by the change that a rule made."""
