"""What the integers of a network can reach, proved before it runs: one family of neurons a file."""
