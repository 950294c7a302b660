"""Reports of vendors."""
