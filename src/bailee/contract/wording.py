"""The words of instructions in English and French: what a sentence says for each of the vocabulary's terms. Pure.

Every table is whole and every phrase stands for one term alone (a test holds both), so that a sentence can be read back.
"""

from collections.abc import Mapping

import msgspec

from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.languages import Language
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

Phrases = Mapping[str, str]

ACTORS: Mapping[str, tuple[str, str]] = {
    ActorKind.controller_staff: ("our staff", "nos collaborateurs"),
    ActorKind.controller_system: ("our systems", "nos systèmes"),
    ActorKind.processor_system: ("the processor's systems", "les systèmes du sous-traitant"),
    ActorKind.processor_staff: ("the processor's staff", "les collaborateurs du sous-traitant"),
    ActorKind.person: ("the persons themselves", "les personnes elles-mêmes"),
    ActorKind.auditor: ("auditors", "les auditeurs"),
}
OPERATIONS: Mapping[str, tuple[str, str]] = {
    Operation.store: ("store", "conserver"),
    Operation.organise: ("organise", "organiser"),
    Operation.structure: ("structure", "structurer"),
    Operation.make_available: ("make available", "mettre à disposition"),
    Operation.consult: ("consult", "consulter"),
    Operation.retrieve: ("retrieve", "extraire"),
    Operation.use: ("use", "utiliser"),
    Operation.copy: ("copy", "copier"),
    Operation.transmit: ("transmit", "transmettre"),
    Operation.transfer: ("transfer to a third country", "transférer vers un pays tiers"),
    Operation.restrict: ("restrict", "limiter"),
    Operation.delete: ("delete", "supprimer"),
    Operation.erase: ("erase", "effacer"),
    Operation.destruct: ("destroy", "détruire"),
    Operation.anonymise: ("anonymise", "anonymiser"),
    Operation.monitor: ("monitor", "surveiller"),
    Operation.export: ("export", "exporter"),
    Operation.return_: ("return", "restituer"),
    Operation.collect: ("collect", "collecter"),
    Operation.adapt: ("adapt", "adapter"),
    Operation.modify: ("modify", "modifier"),
    Operation.download: ("download", "télécharger"),
    Operation.query: ("query", "interroger"),
    Operation.disclose: ("disclose", "diffuser"),
    Operation.combine: ("combine", "rapprocher"),
}
CATEGORIES: Mapping[str, tuple[str, str]] = {
    "profile-photo": ("profile photographs", "les photos de profil"),
    "title": ("civilities", "les civilités"),
    "name": ("names", "les noms"),
    "company": ("companies", "les sociétés"),
    "email": ("e-mail addresses", "les adresses électroniques"),
    "phone": ("telephone numbers", "les numéros de téléphone"),
    "postal-address": ("postal addresses", "les adresses postales"),
    "language": ("languages", "les langues"),
    "ip-address": ("IP addresses", "les adresses IP"),
    "birth-date": ("dates of birth", "les dates de naissance"),
    "activity-log": ("activity logs", "les journaux d'activité"),
    "database-index": ("search indexes", "les index de recherche"),
    "account-identifier": ("account identifiers", "les identifiants de compte"),
}
GROUPS: Mapping[str, tuple[str, str]] = {
    PersonGroup.user: ("users", "des utilisateurs"),
    PersonGroup.administrator: ("administrators", "des administrateurs"),
    PersonGroup.employee: ("employees", "des salariés"),
    PersonGroup.partner: ("partners", "des partenaires"),
}
PURPOSES: Mapping[str, tuple[str, str]] = {
    Purpose.account_management: ("account management", "la gestion des comptes"),
    Purpose.storage_and_backup: ("storage and backup", "le stockage et la sauvegarde"),
    Purpose.support: ("support", "l'assistance"),
    Purpose.security: ("security", "la sécurité"),
    Purpose.contract_administration: ("contract administration", "l'administration du contrat"),
    Purpose.customer_relations: ("customer relations", "la relation client"),
    Purpose.product_knowledge: ("product knowledge", "la connaissance du produit"),
    Purpose.prospecting: ("prospecting", "la prospection"),
    Purpose.statistics: ("statistics", "les statistiques"),
    Purpose.profiling: ("profiling", "le profilage"),
    Purpose.risk: ("risk management", "la gestion des risques"),
    Purpose.legal_obligation: ("a legal obligation", "une obligation légale"),
    Purpose.rights_of_persons: ("the rights of persons", "les droits des personnes"),
    Purpose.invoicing: ("invoicing", "la facturation"),
}
MONTHS: Mapping[Language, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between the parts of a sentence, in one language."""

    begins: str
    colon: str
    may: str
    of: str
    purposes: str
    recipients: str
    kept: str
    replaces: str
    since: str
    until: str
    open_end: str
    ground: str
    safeguards: str
    reason: str
    joins: tuple[str, str]
    quotes: tuple[str, str]
    months: tuple[str, ...]


GRAMMAR: Mapping[Language, Grammar] = {
    "en": Grammar(
        begins="Instruction ", colon=": ", may=" may ", of=" of ", purposes=", for ", recipients=", passed on to ",
        kept=", kept for at most ", replaces=", replacing ", since=", from ", until=", until ",
        open_end=", until it is withdrawn", ground=" Legal ground: ", safeguards=" Safeguards: ", reason=" Reason: ",
        joins=(", ", " and "), quotes=("“", "”"), months=MONTHS["en"],
    ),
    "fr": Grammar(
        begins="Instruction ", colon=" : ", may=" peuvent ", of=", concernant ", purposes=", pour ",
        recipients=", avec transmission à ", kept=", pendant au plus ", replaces=", en remplacement de ",
        since=", à partir du ", until=", jusqu'au ", open_end=", jusqu'à son retrait", ground=" Base légale : ",
        safeguards=" Garanties : ", reason=" Motif : ", joins=(", ", " et "), quotes=("« ", " »"), months=MONTHS["fr"],
    ),
}  # fmt: skip


def phrases(table: Mapping[str, tuple[str, str]], language: Language) -> dict[str, str]:
    """One language of a table: term -> phrase."""
    return {str(term): both[language == "fr"] for term, both in table.items()}
