"""The machine: chips, integer networks, Programs and the backends that run them.

Imports nothing of ours, so that everything else can rest on it.
"""
