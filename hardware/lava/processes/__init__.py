"""Our own Lava Processes with their models, and nothing else.

Lava's compiler executes every file beside a Process in search of its models, once for each Process.
"""
