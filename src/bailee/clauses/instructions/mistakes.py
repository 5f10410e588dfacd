"""What can keep an act of this clause from being done, beside a signature without force (`contract/authorising.py`)."""


class ChangedMeanwhile(Exception):
    """Someone changed it after it was shown: what would be done is not what was read."""


class NothingThere(Exception):
    """There is no such draft, instruction, challenge or order at this controller."""


class Impossible(Exception):
    """What is written could never be allowed: signing it would promise what cannot be."""


class NothingInForce(Exception):
    """No agreement is in force: there is nothing to instruct under."""


class NotNow(Exception):
    """The step does not go from where things stand; `args[0]` is a code."""


class Faulty(Exception):
    """An order that cannot be followed; `args` are the codes of its faults."""
