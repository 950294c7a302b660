"""Jobs over HTTP, with a page for people."""
