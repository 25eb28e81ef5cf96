"""Tests of energy and time."""
