"""Devices whose data change over the rounds, and what they forget."""
