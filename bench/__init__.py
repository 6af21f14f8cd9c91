"""Measurements; never part of a test, for a shared machine is no stopwatch."""
