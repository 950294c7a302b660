"""What callers have done to the sandbox: logins, quotas used, reports requested, faults switched on."""
