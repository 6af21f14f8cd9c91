"""Measurements of the store, the queries and the screens (`make bench`); nothing here fails by time."""
