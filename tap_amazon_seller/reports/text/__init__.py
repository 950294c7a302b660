"""A report's document on this machine, as lines of text."""
