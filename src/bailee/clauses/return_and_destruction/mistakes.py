"""What cannot be done at the end of a contract, because something else comes first."""


class NotEnded(Exception):
    """The contract has not ended: there is nothing to return or destroy under this clause."""


class WrongManifest(Exception):
    """What is acknowledged is not the manifest that was signed."""


class Overtaken(Exception):
    """Someone or something in the return was erased while it was made, or its destruction began: it is not handed out."""


class NotReturned(Exception):
    """There is no return yet that could be acknowledged."""
