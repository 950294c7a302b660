"""What a user gives: settings, and the names of settings that are none any more."""
