"""PostgreSQL, embedded: binaries carried by a package, supervised by us, on a private socket."""
