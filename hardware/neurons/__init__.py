"""Neurons: the dynamics of a population, one family a file."""
