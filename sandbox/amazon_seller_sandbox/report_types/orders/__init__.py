"""Reports of orders."""
