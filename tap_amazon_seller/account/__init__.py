"""One selling account: its marketplaces and calls, and what a sync has come to."""
