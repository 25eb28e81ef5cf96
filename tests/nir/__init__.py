"""NIR: import, export, four simulators, hostile files."""
