"""Programs on Lava: its CPU simulator, and Loihi 2 where Intel's runtime is installed."""
