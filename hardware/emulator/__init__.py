"""The Loihi-class emulator: ``reference`` is the specification, ``engine`` and ``kernels`` are fast.

Both equal Lava's fixed-point process models in every state at every step.
"""
