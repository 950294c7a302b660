"""Runs jobs: reads the codes, requests them, judges the rows and writes the result."""
