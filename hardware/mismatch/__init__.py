"""The imperfect device: what fabrication and memory faults make of a Program."""
