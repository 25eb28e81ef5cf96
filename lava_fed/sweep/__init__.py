"""Many runs of one config: grids of settings, seeds, processes."""
