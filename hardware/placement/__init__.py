"""Facts about networks that are placed on cores: memory, axons, hops, traffic."""
