"""Whatever runs spiking networks here, each in a process of its own behind one small contract."""
