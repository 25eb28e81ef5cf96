"""The page of a Program."""
