"""The simulated province: real servers and files, made-up dossiers; never any real person's data."""
