"""What can keep an act of this clause from being done."""


class NothingThere(Exception):
    """There is no such member, record or paper."""


class ChangedMeanwhile(Exception):
    """Someone changed it after it was shown."""


class NotNow(Exception):
    """The step does not go from where things stand; `args[0]` is a code."""


class Faulty(Exception):
    """What is said cannot be recorded; `args[0]` is a code."""
