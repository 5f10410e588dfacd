"""What can keep an act of this clause from being done."""


class NothingThere(Exception):
    """There is no such audit at this controller, or not for whoever asks."""


class NotNow(Exception):
    """The step does not go from where the audit stands; `args[0]` is a code."""


class ChangedMeanwhile(Exception):
    """Someone changed it after it was shown."""


class Faulty(Exception):
    """What was sent does not make sense; `args[0]` is a code."""


class NotTheirs(Exception):
    """The step is the other party's."""


class NothingInForce(Exception):
    """No agreement is in force: there is nothing to audit under."""
