"""What the host does after a run of the target, in an environment with gluestick."""
