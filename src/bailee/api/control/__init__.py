"""The control plane: controllers, documents, credentials, types, the ledger, the end of a contract."""
