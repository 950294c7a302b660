"""The tap's records: which files hold them, how they are read, and what each column means."""
