"""The report types of the sandbox, a module per family."""
