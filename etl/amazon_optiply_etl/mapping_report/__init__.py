"""The report of a run: every record accounted for, as JSON and as a page for people."""
