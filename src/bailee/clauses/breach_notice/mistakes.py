"""What can keep an act of this clause from being done."""

from bailee.infra.keys.key import NotAsSealed


class AlteredBreach(NotAsSealed):
    """A stored breach, or what it means for a controller, does not open as itself."""


class NothingThere(Exception):
    """There is no such breach, or none that concerns this controller."""


class ChangedMeanwhile(Exception):
    """Someone changed it after it was shown: what would be done is not what was read."""


class NotNow(Exception):
    """The step does not go from where things stand; `args[0]` is a code."""


class Faulty(Exception):
    """What was given does not fit; `args` are the codes of what is wrong."""
