"""Pure functions: the only place where a rule of the field lives."""
