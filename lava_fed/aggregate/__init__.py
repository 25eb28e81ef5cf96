"""How the coordinator turns deltas into the next global weights."""
