"""A Program as one HTML page: the chip, its layers, its limits."""
