"""Migrations: numbered SQL files with checksums, applied by the owner, one statement a call."""
