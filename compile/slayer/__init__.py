"""Training with lava-dl SLAYER."""
