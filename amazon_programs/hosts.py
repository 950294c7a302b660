"""What hosts such as hotglue set for a job."""

JOB_VARIABLES = ("JOB_ID", "FLOW")
"""Where one of these is set, a key of the configuration that is no setting may be the host's."""
