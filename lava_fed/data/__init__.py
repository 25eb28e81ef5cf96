"""Data sets: loaders, the rate code, and the DATA.npz archive."""
