"""A list as a file: the same rows as on the screen, dated, and never a formula."""
