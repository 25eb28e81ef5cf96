"""Design rules: what a chip demands of a network, one group of rules a file."""
