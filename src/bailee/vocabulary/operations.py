"""Operations of processing, in the words of the W3C Data Privacy Vocabulary."""

from enum import StrEnum

DPV = "https://w3id.org/dpv#"


class Operation(StrEnum):
    """What is done with data."""

    store = "store"
    organise = "organise"
    structure = "structure"
    make_available = "make-available"
    consult = "consult"
    retrieve = "retrieve"
    use = "use"
    copy = "copy"
    transmit = "transmit"
    transfer = "transfer"
    restrict = "restrict"
    delete = "delete"
    erase = "erase"
    destruct = "destruct"
    anonymise = "anonymise"
    monitor = "monitor"
    export = "export"
    return_ = "return"
    collect = "collect"
    adapt = "adapt"
    modify = "modify"
    download = "download"
    query = "query"
    disclose = "disclose"
    combine = "combine"

    @property
    def iri(self) -> str:
        """Its term in DPV; returning is making the data available to their owner."""
        term = "MakeAvailable" if self is Operation.return_ else "".join(map(str.capitalize, self.value.split("-")))
        return DPV + term

    @property
    def autonomous(self) -> bool:
        """Whether it is one of the controller's and users' own acts (clause autonomy.self-service)."""
        return self in AUTONOMOUS


AUTONOMOUS = frozenset(
    {
        Operation.collect, Operation.adapt, Operation.modify, Operation.download, Operation.query,
        Operation.disclose, Operation.delete, Operation.erase, Operation.combine,
    }
)  # fmt: skip
