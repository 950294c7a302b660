"""What Amazon reports of changes, from a queue: messages, what has been read of them, their records."""
