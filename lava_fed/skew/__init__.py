"""Skewed features: each device sees the world through a sensor of its own."""
