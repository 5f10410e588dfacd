"""What cannot be done about an address or an officer."""


class NoAddress(ValueError):
    """This is not an address that mail could be sent to, or no slot of the controller's was named."""


class NothingAgreed(Exception):
    """No agreement is in force: there is nothing to change."""


class NothingWaits(Exception):
    """No change of this id waits for its confirmation."""


class NotAll(Exception):
    """So many controllers could not be told: saying it again tells them, and nobody twice."""
