"""How changes of weights become few bytes."""
