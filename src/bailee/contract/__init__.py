"""The contract: the agreement as data, and the ruling on every access. Pure: no clock, no store, no network.

The document the parties signed prevails; what is here is a reviewed reading of it, each part anchored to
its paragraph. An agreement is never edited in place: amendments and instructions are dated documents.
"""
