"""The clauses: what the platform promises. Each is a slice that knows no other."""
