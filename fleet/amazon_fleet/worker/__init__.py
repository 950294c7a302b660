"""The queue, the schedule and the processes of a machine."""
