"""Loihi 1's limits as nengo-loihi keeps them, beside ours."""
