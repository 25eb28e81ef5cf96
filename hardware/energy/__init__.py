"""Energy and time of a Program: events counted, constants with their sources, an account of both."""
