"""What a mailbox can say of a person's request, by the names that its letters, the pages and the ledger know: one place
for every room that asks about requests."""

COMPLEX, MANY, ANSWERED = "extend-complex", "extend-many", "answered"
