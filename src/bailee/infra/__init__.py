"""The ground: clock, settings, PostgreSQL, keys, documents, processes. It knows nothing of the contract."""
