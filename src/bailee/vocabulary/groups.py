"""Groups of persons: every person held is in one or more (clause data.groups)."""

from enum import StrEnum


class PersonGroup(StrEnum):
    """Users of the platform (end users, administrators), employees and partners of the controller."""

    user = "user"
    administrator = "administrator"
    employee = "employee"
    partner = "partner"
