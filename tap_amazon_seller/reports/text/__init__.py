"""A report's document on this machine: the doors are `download`, and `document` for its lines."""
