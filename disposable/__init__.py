"""The generator: flow definitions, their engine and their screens.

A pure library. It has no database, network, web framework, clock or randomness of its own, and imports nothing of ours.
"""
