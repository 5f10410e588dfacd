"""The measures that protect what is held: each with a probe or a name behind it, and none replaced by a lesser one.

Clauses: security.measures, security.no-regression. Law: Art. 32(1)(a) to (d). Owed to every controller. Proven by the
statement of measures with its probes, by the reviews that carry its digest, and by the history of every measure.
"""
