"""What a user gives: settings, custom reports, catalog and state."""
