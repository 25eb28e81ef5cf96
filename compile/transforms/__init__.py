"""Passes, one a file."""
