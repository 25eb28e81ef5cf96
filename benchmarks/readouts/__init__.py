"""Readouts that learn on the chip over a frozen backbone: speech, events of a camera."""
