"""Reports of Brand Analytics, and of sales and traffic."""
