"""What the database keeps: accounts, runs, states, files, journals, buckets."""
