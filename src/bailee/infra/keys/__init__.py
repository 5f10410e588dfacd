"""Keys: one per person and a few per controller, wrapped in a server of their own.

The rule this package keeps: nothing here, in the key store or in its backups, opens anything by
itself; every wrapped key needs its epoch's key-encryption key, which lives only in the root provider.
"""
