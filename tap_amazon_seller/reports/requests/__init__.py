"""What to request: the door is `plan`, which knows windows, existing reports and what Amazon cancels."""
