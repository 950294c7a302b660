"""Hands rows of an entity to where they go: files, or Optiply's API."""
