"""Network and files in, canonical readings out; a vendor is one module and a line in `registry`."""
