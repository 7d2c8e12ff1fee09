"""Wire formats: one file per vendor, and the list of them."""
