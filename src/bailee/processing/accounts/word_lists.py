"""Words that people write for civilities, countries, languages and groups, in English and French."""

import gettext
import unicodedata
from functools import cache

import pycountry

CIVILITIES = {
    "fr": {
        "m": "M.", "mr": "M.", "monsieur": "M.", "mme": "Mme", "madame": "Mme", "mlle": "Mlle", "mademoiselle": "Mlle",
        "dr": "Dr", "docteur": "Dr", "pr": "Pr", "prof": "Pr", "professeur": "Pr", "me": "Me", "maître": "Me",
        "maitre": "Me",
    },
    "en": {
        "mr": "Mr", "mister": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "mx": "Mx", "dr": "Dr", "doctor": "Dr",
        "prof": "Prof", "professor": "Prof", "sir": "Sir", "dame": "Dame", "rev": "Rev",
    },
    "de": {"hr": "Herr", "herr": "Herr", "fr": "Frau", "frau": "Frau"},
    "es": {"sr": "Sr.", "señor": "Sr.", "sra": "Sra.", "señora": "Sra.", "srta": "Srta."},
    "it": {"sig": "Sig.", "signor": "Sig.", "signore": "Sig.", "sig.ra": "Sig.ra", "signora": "Sig.ra"},
    "nl": {"dhr": "Dhr.", "de heer": "Dhr.", "mevr": "Mevr.", "mevrouw": "Mevr."},
}  # fmt: skip

GROUPS = {
    "user": "user", "users": "user", "end user": "user", "utilisateur": "user", "utilisatrice": "user",
    "utilisateurs": "user", "administrator": "administrator", "administrators": "administrator",
    "admin": "administrator", "administrateur": "administrator", "administratrice": "administrator",
    "administrateurs": "administrator", "employee": "employee", "employees": "employee", "staff": "employee",
    "employe": "employee", "employee(e)": "employee", "employes": "employee", "salarie": "employee",
    "salariee": "employee", "salaries": "employee", "collaborateur": "employee", "collaboratrice": "employee",
    "partner": "partner", "partners": "partner", "partenaire": "partner", "partenaires": "partner",
}  # fmt: skip

# Spellings that no list of countries has, and many address books do.
SPELLINGS = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "angleterre": "GB", "ecosse": "GB", "grande bretagne": "GB", "royaume uni": "GB", "u.k": "GB",
    "usa": "US", "u.s.a": "US", "u.s": "US", "etats unis": "US", "etats unis d amerique": "US", "america": "US",
    "holland": "NL", "hollande": "NL", "the netherlands": "NL", "pays bas": "NL", "czech republic": "CZ",
    "republique tcheque": "CZ", "russia": "RU", "russie": "RU", "south korea": "KR", "coree du sud": "KR",
    "north korea": "KP", "coree du nord": "KP", "vietnam": "VN", "iran": "IR", "syria": "SY", "syrie": "SY",
    "bolivia": "BO", "bolivie": "BO", "venezuela": "VE", "tanzania": "TZ", "tanzanie": "TZ", "taiwan": "TW",
    "moldova": "MD", "moldavie": "MD", "laos": "LA", "ivory coast": "CI", "cote d ivoire": "CI", "turkey": "TR",
    "turquie": "TR", "swaziland": "SZ", "macedonia": "MK", "macedoine": "MK", "cape verde": "CV", "cap vert": "CV",
    "burma": "MM", "birmanie": "MM", "deutschland": "DE", "espana": "ES", "italia": "IT", "suisse": "CH",
    "schweiz": "CH", "osterreich": "AT", "belgie": "BE", "el": "GR", "vatican": "VA",
    "palestine": "PS", "kosovo": "XK", "dr congo": "CD", "rdc": "CD", "congo kinshasa": "CD", "congo brazzaville": "CG",
}  # fmt: skip
OFTEN = {
    "flamand": "nl", "flemish": "nl", "mandarin": "zh", "chinois": "zh", "chinese": "zh", "greek": "el", "grec": "el",
    "castillan": "es", "castilian": "es", "espagnol": "es", "spanish": "es", "deutsch": "de", "francais": "fr",
    "espanol": "es", "italiano": "it", "portugues": "pt", "nederlands": "nl", "norwegian": "no", "norvegien": "no",
    "farsi": "fa", "persian": "fa", "persan": "fa",
}  # fmt: skip


def plain(text: str) -> str:
    """For comparing: no accents, no case, hyphens, apostrophes and commas as spaces, no full stop at the end."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    for sign in "-'’,_":
        bare = bare.replace(sign, " ")
    return " ".join(bare.casefold().split()).rstrip(".")


@cache
def countries() -> dict[str, str]:
    """Every code, and every name in English and French, of ISO 3166: plain text to the code of two letters."""
    french = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=["fr"])
    found: dict[str, str] = {}
    for one in pycountry.countries:
        names = [one.name, getattr(one, "common_name", ""), getattr(one, "official_name", "")]
        names += [french.gettext(text) for text in names if text]
        for text in [*names, one.alpha_2, one.alpha_3]:
            if text:
                found[plain(text)] = one.alpha_2
                found[plain(text.split("(")[0].split(",")[0])] = found.get(
                    plain(text.split("(")[0].split(",")[0]), one.alpha_2
                )
    return found | SPELLINGS


@cache
def country_called(code: str, language: str) -> str:
    """What a country of two letters is called in English or French; the code itself where the lists have none."""
    found = pycountry.countries.get(alpha_2=code)
    if found is None:
        return code
    name = str(getattr(found, "common_name", found.name))
    return name if language == "en" else _french("iso3166-1").gettext(name)


@cache
def language_called(tag: str, language: str) -> str:
    """What a language is called in English or French, its region behind it; the tag itself where it is unknown."""
    code, _, region = tag.partition("-")
    found = pycountry.languages.get(alpha_2=code) or pycountry.languages.get(alpha_3=code)
    if found is None:
        return tag
    name = str(found.name if language == "en" else _french("iso639-3").gettext(found.name))
    name = name.split(";", maxsplit=1)[0].split(" (", maxsplit=1)[0]
    return f"{name} ({country_called(region, language)})" if region else name


def _french(names: str) -> gettext.NullTranslations:
    return gettext.translation(names, pycountry.LOCALES_DIR, languages=["fr"])


@cache
def languages() -> dict[str, str]:
    """Every code, and every name in English and French, of ISO 639: plain text to the shortest tag."""
    french = gettext.translation("iso639-3", pycountry.LOCALES_DIR, languages=["fr"])
    found: dict[str, str] = {}
    for one in pycountry.languages:
        tag = getattr(one, "alpha_2", one.alpha_3)
        for text in (one.name, french.gettext(one.name), getattr(one, "bibliographic", "")):
            for part in (text, *text.split(";"), text.split("(")[0]):
                if plain(part) and (len(tag) == 2 or plain(part) not in found):
                    found[plain(part)] = tag
    for one in pycountry.languages:
        tag = getattr(one, "alpha_2", one.alpha_3)
        found[one.alpha_3] = tag
    for one in pycountry.languages:
        if hasattr(one, "alpha_2"):
            found[one.alpha_2] = one.alpha_2
    return found | OFTEN
