"""Pages of requests: the inbox, one request with its guide, the controller's choices, and a person's own."""
