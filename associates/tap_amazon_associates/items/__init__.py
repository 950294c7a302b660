"""Items: looked up in batches through the cache, and read into records."""
