"""Retention: nothing is kept longer than its purpose needs; the controller says how long, and it happens by itself.

Clauses: retention.necessary (data-retention.1), retention.controller-max (duration.2, duration.3). GDPR Art. 5(1)(e). The
controller decides, the processor carries it out; both owe it to persons. Proven by the calendar of what goes when, by
the log of what went, and by an entry for every chunk that names its rule.
"""
