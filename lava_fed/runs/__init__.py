"""A run as it is kept: its directory, and what is known of each round."""
