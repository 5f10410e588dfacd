"""What this platform adds to the standard's schemas, under URNs of its own, and what it says of a group's members.

Of a person: the groups that the agreement speaks of (clause data.groups), which a directory may set; whether
majority was checked, the policy that the data are held under and a restriction, which it may only read, and only
by asking for them (`attributes=`). Of a group: a description, and the roles that membership gives.
"""

from typing import Annotated, Any

from pydantic import Field, field_validator
from scim2_models import (
    URN,
    CaseExact,
    ComplexAttribute,
    Extension,
    InvalidValueException,
    Mutability,
    Reference,
    Required,
    Resource,
    Returned,
    User,
)

from bailee.vocabulary.groups import PersonGroup

GROUPS = [str(group) for group in PersonGroup]
DEFAULT = str(PersonGroup.user)


class Person(Extension):
    """Our attributes of a User."""

    __schema__ = URN("urn:bailee:scim:schemas:1.0:Person")

    person_groups: str | None = Field(None, examples=[one for one in GROUPS if one != DEFAULT])
    """The groups of persons that the agreement speaks of: user, administrator, employee, partner. Every person is
    in one or more, separated by a space; where nothing is said, it is `user` alone. One text, because directories
    map texts and few of them map lists of an extension."""

    majority: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """What the check of majority said. The date of birth is not kept."""

    purposes: Annotated[list[str] | None, Mutability.read_only, Returned.request] = None
    """What the profile is held for."""

    retention: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """How long the profile is held, where its policy says so."""

    restricted: Annotated[bool | None, Mutability.read_only, Returned.request] = None
    """Whether processing is restricted for this person (GDPR Art. 18)."""

    @field_validator("person_groups")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        """Each is one of the agreement's."""
        if value is not None and not set(value.split()) <= set(GROUPS):
            problem = InvalidValueException(detail=f"The groups of persons are: {', '.join(GROUPS)}")
            raise problem.as_pydantic_error()
        return value


class Described(Extension):
    """Our attributes of a Group."""

    __schema__ = URN("urn:bailee:scim:schemas:1.0:Group")

    description: str | None = None
    """What the group is for."""

    roles: Annotated[list[str] | None, Mutability.read_only, Returned.request] = None
    """The roles that membership gives. The controller maps them on the platform, not through the directory."""


class Member(ComplexAttribute):
    """A member of a Group (RFC 7643 8.7.1). What a directory sends as `display` is not kept: it names a person."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of the member."""

    ref: Annotated[Reference[User[Any]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """Where the member is."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """`User`: groups hold people, not groups."""

    display: Annotated[str | None, Mutability.read_only] = None
    """Not said: read the member."""


class Group(Resource[Any]):
    """A Group of the standard, whose members are people."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true] = None
    """A human-readable name for the Group."""

    members: list[Member] | None = None
    """A list of members of the Group."""
