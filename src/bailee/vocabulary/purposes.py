"""Purposes of processing: the processor's few, and those a controller may switch on for itself."""

from enum import StrEnum
from typing import Literal

from bailee.vocabulary.operations import DPV


class Purpose(StrEnum):
    """What data are used for."""

    account_management = "account-management"
    storage_and_backup = "storage-and-backup"
    support = "support"
    security = "security"
    contract_administration = "contract-administration"
    rights_of_persons = "rights-of-persons"
    customer_relations = "customer-relations"
    product_knowledge = "product-knowledge"
    prospecting = "prospecting"
    statistics = "statistics"
    profiling = "profiling"
    risk = "risk"
    legal_obligation = "legal-obligation"
    invoicing = "invoicing"

    @property
    def iri(self) -> str:
        """Its nearest term in DPV."""
        return DPV + TERMS[self]

    @property
    def owner(self) -> Literal["processor", "controller"]:
        """Who may pursue it: clause purposes.processor or purposes.controller."""
        return "processor" if self in PROCESSORS else "controller"


TERMS = {
    Purpose.account_management: "AccountManagement",
    Purpose.storage_and_backup: "TechnicalServiceProvision",
    Purpose.support: "CustomerCare",
    Purpose.security: "EnforceSecurity",
    Purpose.contract_administration: "FulfilmentOfContractualObligation",
    Purpose.rights_of_persons: "LegalCompliance",
    Purpose.customer_relations: "CustomerRelationshipManagement",
    Purpose.product_knowledge: "ServiceUsageAnalytics",
    Purpose.prospecting: "DirectMarketing",
    Purpose.statistics: "ServiceUsageAnalytics",
    Purpose.profiling: "Profiling",
    Purpose.risk: "OrganisationRiskManagement",
    Purpose.legal_obligation: "LegalCompliance",
    Purpose.invoicing: "PaymentManagement",
}
PROCESSORS = frozenset(
    {
        Purpose.account_management, Purpose.storage_and_backup, Purpose.support, Purpose.security,
        Purpose.contract_administration, Purpose.rights_of_persons,
    }
)  # fmt: skip
