"""Writes the parts of `docs/reference/` that the code knows: `python -m scripts.reference`."""
