"""Requests become documents: the door is `queue`, on the life cycle of each report and its states."""
