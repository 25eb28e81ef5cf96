"""The ``lava-fed`` command."""
