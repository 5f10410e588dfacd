"""What can keep an act of this clause from being done."""


class NothingThere(Exception):
    """There is no such sub-processor or proposal, or it does not concern this controller."""


class ChangedMeanwhile(Exception):
    """Someone changed it after it was shown: what would be done is not what was read."""


class Faulty(Exception):
    """What is proposed cannot stand in the list; `args` are the codes of its faults."""


class Unjudged(Exception):
    """Obligations that nobody has judged, or that the sub-processor does not bear; `args` are their clauses."""


class NotNow(Exception):
    """The step does not go from where things stand; `args[0]` is a code."""


class NothingInForce(Exception):
    """No agreement is in force: there is nothing to decide under."""
