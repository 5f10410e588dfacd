"""Categories of personal data that the agreement lists, with their standard terms."""

import msgspec

PD = "https://w3id.org/dpv/pd#"


class DataCategory(msgspec.Struct, frozen=True):
    """A category: its id in the agreement, its labels, its term in DPV, its place in SCIM."""

    id: str
    en: str
    fr: str
    iri: str
    scim: str | None = None


CATALOGUE = {
    category.id: category
    for category in (
        DataCategory("profile-photo", "Profile photograph", "Photo de profil", PD + "Picture", "photos"),
        DataCategory("title", "Civility", "Civilité", PD + "Name", "name.honorificPrefix"),
        DataCategory("name", "Last and first name", "Nom et prénom", PD + "Name", "name"),
        DataCategory("company", "Company", "Société", PD + "Professional", "organization"),
        DataCategory("email", "E-mail address", "Adresse électronique", PD + "EmailAddress", "emails"),
        DataCategory("phone", "Telephone number", "Numéro de téléphone", PD + "TelephoneNumber", "phoneNumbers"),
        DataCategory("postal-address", "Postal address", "Adresse postale", PD + "PhysicalAddress", "addresses"),
        DataCategory("language", "Language", "Langue", PD + "Language", "preferredLanguage"),
        DataCategory("ip-address", "IP address", "Adresse IP", PD + "IPAddress"),
        DataCategory("birth-date", "Date of birth", "Date de naissance", PD + "BirthDate"),
        DataCategory("activity-log", "Connection and activity log", "Journal de connexion et d'activité",
                     PD + "ServiceConsumptionBehavior"),
        DataCategory("database-index", "Search index", "Index de recherche", "https://w3id.org/dpv#PseudonymisedData"),
        DataCategory("account-identifier", "Account identifier", "Identifiant de compte", PD + "AccountIdentifier",
                     "userName"),
    )
}  # fmt: skip
CUSTOM = "custom-"


def is_category(id: str) -> bool:
    """Whether an id names a category of the catalogue, or one that a controller adds."""
    return id in CATALOGUE or id.startswith(CUSTOM)
