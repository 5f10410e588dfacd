"""What may open a duty that a negotiated clause adds: named events, each with its words.

A trigger with a clause fires whenever an obligation of that clause is opened, about the same subject; the others are
days of the contract itself.
"""

import msgspec


class Trigger(msgspec.Struct, frozen=True):
    """An event: its name in an agreement, what it is, and the clause whose obligations it comes with (empty: a day)."""

    name: str
    words: str
    clause: str = ""


TRIGGERS = {
    one.name: one
    for one in (
        Trigger("agreement-in-force", "the day on which the agreement comes into force"),
        Trigger("contract-anniversary", "that day again, every year"),
        Trigger("contract-ended", "the end of the contract takes effect", "end.destroy"),
        Trigger("data-returned", "the return is made available", "end.return"),
        Trigger("instruction-challenged", "the processor challenges an instruction", "instructions.challenge"),
        Trigger("processing-compelled", "a law compels processing", "instructions.legal-compulsion"),
        Trigger("request-received", "a person's request reaches the processor", "rights.forward"),
        Trigger("request-opened", "the controller answers a person's request here", "rights.tools"),
        Trigger("complaint-received", "a person's complaint reaches the processor", "rights.complaint"),
        Trigger("recipients-concerned", "recipients must hear of a change", "rights.recipients"),
        Trigger("breach-found", "a personal-data breach is found", "breach.notify"),
        Trigger("sub-processor-proposed", "a sub-processor outside the Union is proposed", "subprocessors.consent"),
        Trigger("sub-processor-added", "a sub-processor inside the Union is added", "subprocessors.free"),
        Trigger("audit-announced", "an audit is announced", "audits.notice"),
        Trigger("audit-reported", "an audit's findings are handed over", "audits.respond"),
        Trigger("assessment-asked", "help with an impact assessment is asked for", "dpia.assist"),
        Trigger("officer-changed", "a data-protection officer changes", "parties.dpo"),
        Trigger("address-failed", "a notice does not reach its address", "parties.addresses"),
    )
}
