"""The search for a placement: which neurons share a core, and where each core sits."""
