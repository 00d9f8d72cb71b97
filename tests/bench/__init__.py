"""Measurements: never part of the test suite, since nothing in that is timed."""
