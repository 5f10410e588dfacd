"""The copy of someone's data says in their language what for, how long, by whom: no code of ours is left in it."""

import pytest

from bailee.clauses.data_subject_requests import contents
from bailee.clauses.data_subject_requests.packing import TEMPLATE
from bailee.infra import pdf
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.languages import LANGUAGES
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.periods import Period
from bailee.vocabulary.purposes import Purpose


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_the_copy_has_its_words(language):
    words = contents.words(language)
    missing = [
        str(one) for kind in (Purpose, Operation, ActorKind, PersonGroup) for one in kind if str(one) not in words
    ]
    assert missing == []
    assert "our" not in words["controller_staff"].split(), "to the person the controller is named, not we"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("officer", ["none appointed", {"name": "Ada Roche", "email": "ada@alpages.example"}])
@pytest.mark.parametrize("expires_at", [None, "2031-11-26T09:00:00Z"])
def test_the_paper_is_set_whatever_is_held(language, officer, expires_at):
    record = {
        "type": "profile", "data": {"email": "e@x.example"}, "purposes": ["prospecting"], "source": "a fair",
        "recipients": ["Post SA"], "created_at": "2026-11-26T09:00:00Z", "expires_at": expires_at,
    }  # fmt: skip
    document = {
        "made_at": "2026-11-26T09:00:00Z", "received_at": "2026-11-26T09:00:00Z",
        "person": {"id": "p-1", "groups": ["user"], "restricted": False, "objections": ["prospecting"]},
        "controller": {"name": "Alpages", "address": "Annecy", "officer": officer},
        "processor": {"name": "Passerelle", "address": "Nantes"}, "hosts": [{"name": "A", "role": "host", "country": "IE"}],
        "transfers": [], "records": [record], "files": [], "account": {}, "recipients": ["Post SA"],
        "seen": [{"kind": "handed-over", "at": "2026-11-26T09:00:00Z"}],
    }  # fmt: skip
    said = {
        "language": language, "left_out": (0, 0), "name": "", "document": document, "words": contents.words(language),
        "lasting": Period.parse("30 days").said(language),
    }  # fmt: skip
    assert pdf.typeset(TEMPLATE, said).startswith(b"%PDF-")
