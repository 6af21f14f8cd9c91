"""Tests of `ioc.queries`."""
