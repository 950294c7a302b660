"""What is seen of a fleet: status, page, metrics, traces, log."""
