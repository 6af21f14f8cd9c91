"""Tests; the folders mirror `ioc/`."""
