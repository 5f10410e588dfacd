"""What is announced: the schemas, the resource types, and what of the protocol is served, within which bounds."""

from functools import cache

from scim2_models import (
    URI,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Pagination,
    Patch,
    Reference,
    ResourceType,
    SchemaExtension,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from bailee.processing.accounts.scim.extension import Described, Group, Person

PAGE, DEFAULT_PAGE = 500, 100
OPERATIONS, PAYLOAD = 100, 1024 * 1024
# What directories really send: entries named by a filter that are not there yet, and members to remove as a value.
POLICY = ScimPolicy(
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


@cache
def provider(*, passwords: bool) -> ScimProvider:
    """The description of the endpoints; `passwords` says whether a directory may set them."""
    users = _type("User", "A person who is held", User.__schema__, EnterpriseUser.__schema__, Person.__schema__)
    groups = _type("Group", "A set of people", Group.__schema__, Described.__schema__)
    models = (User, EnterpriseUser, Person, Group, Described)
    return ScimProvider(models, (users, groups), _config(passwords=passwords), POLICY)


def _type(name: str, description: str, schema: str, *extensions: str) -> ResourceType:
    return ResourceType(
        id=name,
        name=name,
        description=description,
        endpoint=Reference[URI](f"/{name}s"),
        schema=Reference[URI](schema),
        schema_extensions=[SchemaExtension(schema=Reference[URI](one), required=False) for one in extensions],
    )


def _config(*, passwords: bool) -> ServiceProviderConfig:
    method = Pagination.DefaultPaginationMethod.index
    return ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=True, max_operations=OPERATIONS, max_payload_size=PAYLOAD),
        filter=Filter(supported=True, max_results=PAGE),
        change_password=ChangePassword(supported=passwords),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        pagination=Pagination(
            cursor=False, index=True, default_pagination_method=method, default_page_size=DEFAULT_PAGE,
            max_page_size=PAGE,
        ),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Credential",
                description="A credential of the controller, issued for one purpose, as a bearer token",
                primary=True,
            )
        ],
    )  # fmt: skip
