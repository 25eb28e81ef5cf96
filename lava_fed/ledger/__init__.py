"""The account of a run: what was sent, computed, learned, and what that took."""
