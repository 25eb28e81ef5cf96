"""How trains of spikes become bytes; nothing here knows of changes of weights."""
