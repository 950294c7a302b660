"""Asks Amazon for codes: batches, halves, pages, and which code found which item."""
