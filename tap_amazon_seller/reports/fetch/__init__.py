"""Requested reports on their way here: the queue, and the life cycle of each."""
