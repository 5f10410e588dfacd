"""What the platform does for a controller: the services that the agreement lists."""
