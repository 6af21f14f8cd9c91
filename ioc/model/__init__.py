"""Frozen values and closed words; no I/O."""
