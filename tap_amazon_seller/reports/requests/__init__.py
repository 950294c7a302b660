"""What to request: windows, existing reports that are reused, what Amazon cancels."""
