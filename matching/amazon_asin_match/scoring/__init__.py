"""Judges candidates: what speaks for and against each, how sure that makes one, what the row gets."""
