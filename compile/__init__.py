"""From a model in real numbers to a Program for the chip."""
