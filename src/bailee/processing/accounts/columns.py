"""Columns: which heading is which field. A proposal from English and French words; a person decides."""

from collections.abc import Mapping, Sequence

import msgspec

from bailee.processing.accounts.word_lists import plain

FIELDS = (
    "title", "given_name", "family_name", "company", "email", "phone", "language", "user_name", "external_id", "group",
    "postal_address.street", "postal_address.complement", "postal_address.city", "postal_address.postal_code",
    "postal_address.region", "postal_address.country",
)  # fmt: skip

WORDS = {
    "title": "title civility salutation honorific|honorific prefix|civilite|titre",
    "given_name": "given name|first name|firstname|forename|givenname|prenom|prenoms",
    "family_name": "family name|last name|lastname|surname|familyname|nom|nom de famille|nom usuel",
    "company": "company|organisation|organization|organization name|employer|societe|entreprise|raison sociale",
    "email": "email|e mail|mail|email address|e mail address|courriel|adresse electronique|adresse email|adresse mail|adresse e mail",
    "phone": "phone|telephone|phone number|telephone number|mobile|cell|tel|portable|numero de telephone|telephone portable|telephone mobile",
    "language": "language|preferred language|lang|locale|langue|langue preferee",
    "user_name": "user name|username|login|user|identifiant|nom d utilisateur|pseudo",
    "external_id": "external id|externalid|id|reference|customer number|customer id|client id|crm id|id externe|identifiant externe|numero client|reference client|matricule",
    "group": "group|groups|role|person group|groupe|groupes|categorie de personne|groupe de personnes",
    "postal_address.street": "street|address|street address|address line 1|address 1|rue|adresse|voie|adresse postale|numero et rue|adresse 1",
    "postal_address.complement": "complement|address line 2|address 2|apartment|complement d adresse|complement adresse|adresse 2|batiment",
    "postal_address.city": "city|town|locality|ville|commune|localite",
    "postal_address.postal_code": "postal code|postcode|zip|zip code|zipcode|code postal|cp",
    "postal_address.region": "region|state|province|county|departement|etat",
    "postal_address.country": "country|country code|pays|code pays",
}
KNOWN = {
    plain(word): field
    for field, words in WORDS.items()
    for word in [field, field.replace(".", " "), field.rsplit(".", 1)[-1], *words.replace("title civility salutation", "title|civility|salutation").split("|")]
}  # fmt: skip


class Proposal(msgspec.Struct, frozen=True):
    """A mapping of headings to fields; what found no field; and fields that several headings could be."""

    mapping: dict[str, str]
    unmapped: tuple[str, ...]
    duplicates: dict[str, tuple[str, ...]]


class RefusedMapping(ValueError):
    """A mapping that cannot be used; each problem is (heading, code)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(code for _, code in problems))
        self.problems = problems


def propose(headings: Sequence[str]) -> Proposal:
    """What each heading seems to be. Of several for one field the first is proposed, all are told."""
    found: dict[str, list[str]] = {}
    for heading in headings:
        field = KNOWN.get(plain(heading.split(" #")[0].replace(".", " "))) or KNOWN.get(plain(heading))
        if field:
            found.setdefault(field, []).append(heading)
    mapping = {several[0]: field for field, several in found.items()}
    return Proposal(
        mapping=mapping,
        unmapped=tuple(heading for heading in headings if heading not in mapping),
        duplicates={field: tuple(several) for field, several in found.items() if len(several) > 1},
    )


def check(mapping: Mapping[str, str], headings: Sequence[str]) -> dict[str, str]:
    """A mapping as it can be used, or `RefusedMapping` with every problem."""
    problems = [(heading, "unknown-heading") for heading in mapping if heading not in headings]
    problems += [(heading, "unknown-field") for heading, field in mapping.items() if field not in FIELDS]
    fields = list(mapping.values())
    problems += [(heading, "field-twice") for heading, field in mapping.items() if fields.count(field) > 1]
    if not mapping:
        problems.append(("", "nothing-mapped"))
    if problems:
        raise RefusedMapping(problems)
    return dict(mapping)
