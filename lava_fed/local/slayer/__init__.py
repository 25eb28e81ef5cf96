"""Training with SLAYER's surrogate gradients, off the chip, through the chip's own integers."""
