"""Model files, one format a file."""
