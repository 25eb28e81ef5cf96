"""The chip: its arithmetic, its limits with their sources, its boards."""
