"""Synthetic people: plausible French and English profiles, made from a seed. Nobody real is in here."""

import random
import unicodedata
from collections.abc import Iterator
from typing import Any

FRENCH = {
    "title": (("Mme", "Madame"), ("M.", "Monsieur")),
    "given": (
        ("Aïcha", "Camille", "Chloé", "Élodie", "Fatou", "Inès", "Jeanne", "Léa", "Maëlys", "Nathalie", "Océane", "Zoé"),
        ("Adrien", "Baptiste", "Cédric", "Étienne", "François", "Gaël", "Hugo", "Karim", "Loïc", "Noé", "Raphaël", "Yann"),
    ),
    "family": (
        "Aubert", "Bénard", "Carpentier", "Delacroix", "Étienne", "Fontaine", "Gauthier", "Haddad", "Jacquet",
        "Kerouédan", "Lefèvre", "Marchand", "Nguyen", "Ollivier", "Perrault", "Quentin", "Rousseau", "Séguin",
        "Traoré", "Vasseur", "Weber",
    ),
    "streets": ("rue des Lilas", "avenue de la République", "place du Marché", "chemin des Vignes", "quai Saint-Nicolas"),
    "cities": (
        ("Lyon", "69003", "Auvergne-Rhône-Alpes"), ("Nantes", "44000", "Pays de la Loire"),
        ("Lille", "59000", "Hauts-de-France"), ("Bordeaux", "33000", "Nouvelle-Aquitaine"),
        ("Besançon", "25000", "Bourgogne-Franche-Comté"),
    ),
}  # fmt: skip
ENGLISH = {
    "title": (("Ms", "Mrs"), ("Mr", "Mr")),
    "given": (
        ("Alice", "Bronwen", "Charlotte", "Daphne", "Eleanor", "Fiona", "Grace", "Harriet", "Imogen", "Niamh", "Priya", "Zara"),
        ("Arthur", "Benedict", "Callum", "Dylan", "Edward", "Finlay", "George", "Hamish", "Isaac", "Kwame", "Oliver", "Rhys"),
    ),
    "family": (
        "Abbott", "Blackwood", "Carmichael", "Davies", "Ellison", "Fletcher", "Gallagher", "Hughes", "Ingram",
        "Kavanagh", "Lockwood", "MacLeod", "Norris", "O'Brien", "Pemberton", "Quinn", "Rao", "Sheridan", "Thornton",
        "Whitaker",
    ),
    "streets": ("Abbey Street", "Castle Road", "Mill Lane", "Patrick Street", "Station Road"),
    "cities": (("Dublin", "D02 X285", "Leinster"), ("Cork", "T12 W8KP", "Munster"), ("Galway", "H91 E2R8", "Connacht")),
}  # fmt: skip
GROUPS = (("user",), ("user",), ("user",), ("employee", "user"), ("partner",), ("administrator", "employee"))


def people(count: int, seed: int, company: str) -> Iterator[dict[str, Any]]:
    """So many people as the API takes them in: groups and a profile each."""
    chance = random.Random(seed)  # noqa: S311  -- made-up people, not secrets
    for number in range(count):
        yield {
            "groups": list(chance.choice(GROUPS)),
            "records": [{"type": "profile", "data": _profile(chance, number, company)}],
        }


def _profile(chance: random.Random, number: int, company: str) -> dict[str, Any]:
    french = chance.random() < 0.6
    words: dict[str, Any] = FRENCH if french else ENGLISH
    gender = chance.randrange(2)
    given, family = chance.choice(words["given"][gender]), chance.choice(words["family"])
    city, postal_code, region = chance.choice(words["cities"])
    house = chance.randrange(1, 199)
    street = chance.choice(words["streets"])
    user = f"{_plain(given)}.{_plain(family)}.{number}"
    return {
        "title": chance.choice(words["title"][gender]),
        "given_name": given,
        "family_name": family,
        "company": company,
        "email": f"{user}@{_plain(company)}.example",
        "phone": f"+33{chance.randrange(100000000, 800000000)}" if french else f"+353{chance.randrange(10**8, 10**9)}",
        "postal_address": {
            "street": f"{house} {street}", "city": city, "postal_code": postal_code, "region": region,
            "country": "FR" if french else "IE",
        },
        "language": "fr" if french else "en-IE",
        "user_name": user,
        "external_id": f"crm-{number:05d}",
    }  # fmt: skip


def _plain(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if c.isascii() and c.isalnum())
    return bare.lower()
