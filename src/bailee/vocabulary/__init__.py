"""The words: operations, purposes, data categories, groups, parties, places, periods, identifiers. Pure."""
