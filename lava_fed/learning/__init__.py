"""One device that learns on its chip, step by step, over days if need be."""
