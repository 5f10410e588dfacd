"""Terms of the clause `retention`: retention.controller-max, retention.processor-max."""

from bailee.contract.terms.term import Strict, Term


class RetentionTerms(Strict, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The dated terms of this clause.

    controller_most: the most a controller keeps after the relationship ends.
    technical: how long technical data are kept (clause data.technical): our own figure.
    technical_addresses: how long of them IP addresses are kept whole; then they are shortened: our own figure.
    processor_most: by when the processor has deleted or anonymised after the end.
    """

    controller_most: Term
    processor_most: Term
    technical: Term
    technical_addresses: Term
