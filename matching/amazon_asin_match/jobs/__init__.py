"""Runs jobs: reads the codes, asks for them, judges the rows and writes the result."""
