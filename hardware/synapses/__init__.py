"""Synapses: the weights of a connection, one encoding a file."""
