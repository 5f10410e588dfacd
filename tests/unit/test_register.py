"""The register, pure: what is declared as of a day, what was counted, where the two part, what its files say."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.agreed import NOW, SIGNED, agreement, amendment, documents, in_force, instruction, withdrawal

from bailee.clauses.processing_register import composing, drawing, forms, observing, saying, sheets, tabled
from bailee.clauses.processing_register.comparing import differences
from bailee.clauses.processing_register.counting import Seen
from bailee.clauses.processing_register.deadlines import to_give
from bailee.clauses.processing_register.events import (
    Carried,
    Declared,
    Measure,
    Named,
    Pattern,
    Register,
    Tally,
    Version,
)
from bailee.clauses.processing_register.linked import linked
from bailee.clauses.processing_register.registers import end_of, instant
from bailee.clauses.processing_register.sources import (
    AsOf,
    Officers,
    agreed_companies,
    agreed_transfers,
    built_measures,
)
from bailee.clauses.processing_register.straying import UNUSED_AFTER, strays
from bailee.contract.agreement import Agreement, Contact
from bailee.contract.force import given_by
from bailee.contract.instructions import Instruction
from bailee.vocabulary.groups import PersonGroup
from bailee.vocabulary.languages import LANGUAGES
from bailee.vocabulary.operations import Operation
from bailee.vocabulary.parties import ActorKind
from bailee.vocabulary.purposes import Purpose

DAY = timedelta(days=1)
WHOSE = UUID("018f0000-0000-7000-8000-000000000001")
NOBODY = Officers(None, None)
USED = "used", "account-management", "consult", "service:own-acts"


def declared(*more: Any, at: datetime = NOW, officers: Officers = NOBODY, **parts: Any) -> Declared:
    known = composing.in_force((*documents(), *more), at)
    assert known is not None
    told = {"companies": (), "transfers": (), "measures": ()} | parts
    return composing.compose(*known, officers, **told)


def ids(one: Declared) -> set[str]:
    return {each.id for each in one.activities}


def register(said: Declared, seen: dict[Pattern, Tally] | None = None, at: datetime = NOW, **more: Any) -> Register:
    counted = Seen(seen or {}, 7, 0, 0)
    return Register(
        controller=WHOSE, at=at, made_at=at, number=3, digest=composing.digest(said), declared=said,
        observed=counted.observed(at.date()), strays=(), **more,
    )  # fmt: skip


def entry(at: datetime, kind: str = "permit", **said: Any) -> bytes:
    body = {
        "v": 1, "kind": kind, "at": at.isoformat(), "controller": str(WHOSE), "actor": "system:crm",
        "actor_kind": "controller_system", "operation": "consult", "purpose": "account-management", "place": "FR",
        "clause": "instructions.contract-counts", "instruction": "service:own-acts", "categories": ["email", "name"],
    }  # fmt: skip
    return json.dumps(body | said).encode()


# -- declared, as of a day


def test_before_the_signatures_nothing_was_in_force_and_from_then_on_the_services_are():
    assert composing.in_force(documents(), SIGNED - timedelta(microseconds=1)) is None
    assert "service:storage" in ids(declared(at=SIGNED))


def test_an_instruction_stands_from_its_first_instant_until_its_end():
    one = instruction("spring", NOW - 2 * DAY, NOW, retention="6 months")
    before, within, after = (declared(one, at=at) for at in (NOW - 2 * DAY - timedelta(seconds=1), NOW - 2 * DAY, NOW))
    assert "spring" not in ids(before) | ids(after)
    [found] = [each for each in within.activities if each.id == "spring"]
    assert (found.purposes, found.kept, found.reason) == (("prospecting",), "6 months", "spring")


def test_what_was_signed_later_did_not_stand_then_whatever_day_it_names():
    late = instruction("late", SIGNED - 5 * DAY)
    assert "late" in ids(declared(late, at=SIGNED))
    assert "late" not in ids(declared(late, at=SIGNED)) or late.signatures[0].signed_at <= SIGNED
    signed_after = msgspec.structs.replace(
        late, signatures=tuple(msgspec.structs.replace(s, signed_at=SIGNED + DAY) for s in late.signatures)
    )
    assert composing.in_force((*documents(), signed_after), SIGNED) is not None
    assert "late" not in ids(declared(signed_after, at=SIGNED))


def test_a_withdrawn_instruction_has_gone_from_that_instant_on():
    both = instruction("spring", NOW - 3 * DAY), withdrawal("spring", NOW - DAY)
    assert "spring" in ids(declared(*both, at=NOW - DAY - timedelta(seconds=1)))
    assert "spring" not in ids(declared(*both, at=NOW - DAY))


def test_an_amendment_changes_the_register_on_its_day_and_not_the_day_before():
    changed = amendment(NOW - DAY, parties__controller__address="1 rue Neuve, Annecy")
    day = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) - DAY
    assert declared(changed, at=day - timedelta(microseconds=1)).controller.address == "4 place du Marché, 74000 Annecy"
    assert declared(changed, at=day).controller.address == "1 rue Neuve, Annecy"


def test_the_same_facts_have_the_same_digest_and_another_fact_has_another():
    plain = declared()
    assert composing.digest(plain) == composing.digest(declared())
    officer = declared(officers=Officers(Named("Ada", "ada@alpages.example"), None))
    assert composing.digest(officer) != composing.digest(plain)


def test_a_party_outside_the_union_has_a_representative_or_it_is_said_that_one_is_missing():
    plain = declared()
    abroad = msgspec.structs.replace(plain.controller, country="CH")
    assert composing.gaps(msgspec.structs.replace(plain, controller=abroad)) == ("representative/controller",)
    near = msgspec.structs.replace(plain.controller, country="NO")
    assert composing.gaps(msgspec.structs.replace(plain, controller=near)) == ()
    parties = agreement().parties
    spoken = Contact(name="Ève", email="e@x.example")
    outside = msgspec.structs.replace(parties.controller, country="CH", representative=spoken)
    assert b'"representative":' not in agreement().canonical(), "who has none signs the same bytes as before"
    told = msgspec.structs.replace(agreement(), parties=msgspec.structs.replace(parties, controller=outside))
    read = msgspec.json.decode(told.canonical(), type=Agreement)
    known = composing.in_force(documents(), NOW)
    assert known is not None
    force = msgspec.structs.replace(known[1], agreement=read)
    said = composing.compose(known[0], force, NOBODY, companies=(), transfers=(), measures=())
    assert said.controller.representative == Named("Ève", "e@x.example")
    assert composing.gaps(said) == ()
    one = register(said)
    assert "Ève, e@x.example" in of_csv(forms.made(one, "csv", "en"))["service:storage"]["Representatives"]
    assert linked(one)["controller"]["representative"]["contact"] == "e@x.example"
    assert forms.made(one, "pdf", "en").startswith(b"%PDF-")


async def test_what_no_other_room_tells_yet_the_agreement_does():
    hosts = [
        {"name": "Nuage SAS", "role": "hosting", "country": "FR"},
        {"name": "Fjord AS", "role": "mail", "country": "NO", "categories": ["email"]},
        {"name": "Cloud Inc.", "role": "support tool", "country": "US"},
    ]
    said = msgspec.convert(msgspec.to_builtins(agreement()) | {}, type(agreement()))
    hosting = msgspec.convert(msgspec.to_builtins(said.hosting) | {"sub_processors": hosts}, type(said.hosting))
    of = AsOf(WHOSE, msgspec.structs.replace(said, hosting=hosting), NOW)
    assert [one.name for one in await agreed_companies(of)] == ["Nuage SAS", "Fjord AS", "Cloud Inc."]
    transfers = await agreed_transfers(of)
    assert [(one.recipient, one.needed) for one in transfers] == [("Fjord AS", False), ("Cloud Inc.", True)]
    assert composing.gaps(declared(transfers=transfers)) == ("guarantee/Cloud Inc.",)
    measures = await built_measures(of)
    assert "ledger" in [one.id for one in measures]
    assert all(one.words["en"] != one.words["fr"] and not one.words["en"].startswith("measure-") for one in measures)


# -- counted


def test_an_access_counts_once_and_once_for_each_category_it_used():
    folded = observing.fold([entry(NOW), entry(NOW, "change", categories=["email"]), entry(NOW - DAY), None])
    assert (folded.entries, folded.unread) == (4, 1)
    seen = observing.totals(folded.months["2026-11"])
    assert seen[Pattern(*USED, actor="controller_system", place="FR")] == Tally(3, NOW)
    assert seen[Pattern(*USED, category="email")].times == 3
    assert seen[Pattern(*USED, category="name")].times == 2
    assert observing.totals(folded.months["2026-11"], NOW.day - 1)[Pattern(*USED, category="email")].times == 1


def test_a_refusal_counts_as_often_as_it_came_and_keeps_nothing_that_was_made_up():
    said = {"reason": "purpose-not-agreed", "recipient": "Somebody", "instruction": None, "place": "US", "count": 9}
    [(pattern, tally)] = observing.totals(observing.fold([entry(NOW, "refusal", **said)]).months["2026-11"]).items()
    assert (pattern.outcome, pattern.reason, pattern.recipient, pattern.place, pattern.category) == (
        "refused", "purpose-not-agreed", "", "", "",
    )  # fmt: skip
    assert tally.times == 9
    withheld = observing.fold([entry(NOW, "withheld", reason="restricted")]).months["2026-11"]
    assert [one.outcome for one in observing.totals(withheld)] == ["refused"]


@pytest.mark.parametrize(
    "said", [{"kind": "signed", "purpose": ""}, {"kind": "handed-over"}, {"clause": "instructions.legal-compulsion"}]
)
def test_acts_and_what_the_law_compelled_are_not_counted(said):
    folded = observing.fold([entry(NOW, **said)])
    assert (folded.months, folded.entries) == ({}, 1)


def test_counting_in_pieces_gives_what_counting_at_once_does_also_where_an_entry_comes_late():
    edge = datetime(2026, 12, 1, tzinfo=UTC)
    times = [edge - 40 * DAY, edge - DAY, edge + DAY, edge - timedelta(seconds=1), edge + 40 * DAY, edge - 2 * DAY]
    whole = observing.added({}, observing.fold([entry(at) for at in times]).months)
    pieces: dict[str, observing.Month] = {}
    for at in times:
        new = observing.fold([entry(at)]).months
        first = min(new)
        older = [name for name in pieces if name < first]
        known = {name: month for name, month in pieces.items() if name >= first or name == max(older, default="")}
        pieces |= observing.added(known, new)
    pattern = Pattern(*USED, category="email")
    for name, day, times_then in (("2026-10", 31, 1), ("2026-11", 28, 1), ("2026-11", 29, 2), ("2026-11", 30, 4),
                                  ("2026-12", 1, 4), ("2026-12", 2, 5), ("2027-01", 31, 6)):  # fmt: skip
        counts = [observing.totals(months[name], day)[pattern].times for months in (whole, pieces)]
        assert counts == [times_then, times_then], (name, day)


def test_very_many_entries_are_folded_as_few_lines():
    folded = observing.fold(entry(NOW - n % 3 * DAY) for n in range(9_000))
    assert len(folded.months["2026-11"]) == 9
    assert sum(one.times for one in folded.months["2026-11"] if not one.pattern.category) == 9_000


# -- where they part


def kinds(said: Declared, seen: dict[Pattern, Tally], at: datetime, ended: list[Instruction] | None = None) -> set[Any]:
    found = strays(said, ended or [], seen, at, counted_since=SIGNED)
    return {(one.kind, one.activity, one.part, one.what) for one in found}


def test_what_is_declared_and_not_used_is_out_of_use_after_ninety_days_and_not_a_day_before():
    seen = {Pattern(*USED): Tally(4, SIGNED + DAY), Pattern(*USED, category="email"): Tally(4, SIGNED + DAY)}
    at = SIGNED + DAY + UNUSED_AFTER
    found = kinds(declared(at=at), seen, at)
    assert ("unused", "service:support", "", "") in found, "nothing was ever done under it"
    assert ("unused", "service:own-acts", "category", "phone") in found
    assert ("unused", "service:own-acts", "operation", "export") in found
    assert not {
        one for one in found if one[:2] == ("unused", "service:own-acts") and one[3] in ("email", "consult", "")
    }
    after = kinds(declared(at=at), seen, at + timedelta(seconds=1))
    assert ("unused", "service:own-acts", "", "") in after, "once the last use is too long ago, all of it is"
    young = SIGNED + UNUSED_AFTER - timedelta(seconds=1)
    assert not {one for one in kinds(declared(at=young), {}, young) if one[0] == "unused"}
    assert {one for one in kinds(declared(at=SIGNED + UNUSED_AFTER), {}, SIGNED + UNUSED_AFTER) if one[0] == "unused"}


def test_what_was_refused_is_told_as_long_as_it_is_recent():
    tried = Pattern("refused", "prospecting", "export", actor="controller_system", reason="purpose-not-agreed")
    other = Pattern("refused", "prospecting", "export", actor="controller_staff", reason="purpose-not-agreed")
    seen = {tried: Tally(3, NOW), other: Tally(2, NOW - DAY)}
    [one] = [each for each in strays(declared(), [], seen, NOW, counted_since=NOW) if each.kind == "refused"]
    assert (one.times, one.last_at, one.reason) == (5, NOW, "purpose-not-agreed")
    later = NOW + UNUSED_AFTER + timedelta(seconds=1)
    assert not [each for each in strays(declared(), [], seen, later, counted_since=later) if each.kind == "refused"]


def test_use_under_an_instruction_that_has_ended_is_told_and_use_after_its_end_is_told_apart():
    both = instruction("spring", NOW - 3 * DAY), withdrawal("spring", NOW - DAY)
    known = composing.in_force((*documents(), *both), NOW)
    assert known is not None
    ended = [one for one in given_by(known[0].texts) if one.in_force_until and one.in_force_until <= NOW]
    pattern = Pattern("used", "prospecting", "consult", "spring", actor="controller_system")
    before = kinds(declared(*both), {pattern: Tally(2, NOW - 2 * DAY)}, NOW, ended)
    assert ("ended", "spring", "", "") in before
    assert ("after-end", "spring", "", "") in kinds(declared(*both), {pattern: Tally(2, NOW - DAY)}, NOW, ended)
    assert not {one for one in kinds(declared(*both), {}, NOW, ended) if one[1] == "spring"}


# -- drawn and compared


def test_the_map_tells_declared_used_and_used_without_being_declared_apart():
    gone = Pattern("used", "prospecting", "consult", "spring", category="email")
    seen = {Pattern(*USED, category="email"): Tally(4, NOW), gone: Tally(1, NOW), Pattern(*USED): Tally(4, NOW)}
    one = register(declared(), seen)
    drawn = drawing.mapped(one.declared, one.observed)
    cells = {
        (row.purpose, category): (cell, times)
        for row in drawn.rows
        for category, cell, times in zip(drawn.categories, row.cells, row.times, strict=True)
    }
    assert cells["account-management", "email"] == ("both", 4)
    assert cells["account-management", "phone"] == ("declared", 0)
    assert cells["prospecting", "email"] == ("observed", 1)
    assert cells["prospecting", "phone"] == ("", 0)
    assert drawn.total["observed"] == 1


def test_two_versions_are_compared_part_by_part():
    old = declared(measures=(Measure(id="m", words={"en": "x"}),))
    new = declared(
        instruction("spring", NOW - DAY), amendment(NOW - DAY, parties__controller__address="1 rue Neuve"),
        officers=Officers(Named("Ada", "ada@alpages.example"), None),
        transfers=(Carried(recipient="Cloud Inc.", country="US"),),
    )  # fmt: skip
    found = {(one.how, one.part, one.which, one.field): one for one in differences(old, new)}
    assert found["changed", "controller", "", "address"].after == ("1 rue Neuve",)
    assert found["changed", "controller", "", "officer"].after == ("Ada", "ada@alpages.example")
    assert found["changed", "controller", "", "officer"].before == ()
    assert ("new", "activities", "spring", "") in found
    assert ("new", "transfers", "Cloud Inc. US", "") in found
    assert ("gone", "measures", "m", "") in found
    assert differences(old, old) == ()
    drawn = drawing.changed(old, new)
    assert (drawn.total["new"], "gone" in drawn.total) == (2, False)
    assert drawing.changed(new, old).total["gone"] == 2
    later = declared(instruction("spring", NOW - DAY, NOW + DAY, categories=("email",)))
    [until] = [one for one in differences(declared(instruction("spring", NOW - DAY)), later) if one.field == "until"]
    assert (until.before, until.after) == ((), (f"{NOW + DAY:%Y-%m-%d %H:%M}",))
    [less] = [one for one in differences(new, later) if one.field == "categories"]
    assert (less.before, less.after) == (("name",), ())


def test_versions_stand_on_their_line_in_order():
    known = [Version(2, "b", NOW - DAY), Version(1, "a", NOW - 3 * DAY)]
    drawn = drawing.line(known, NOW)
    assert drawn is not None
    assert [one.version.number for one in drawn.points] == [1, 2]
    assert drawn.points[0].x < drawn.points[1].x < 100
    assert drawing.line([], NOW) is None


# -- its files agree


def whole() -> Register:
    said = declared(
        instruction("spring", NOW - DAY, NOW + DAY, recipients=("Poste SA",), retention="6 months"),
        officers=Officers(Named("Ada", "ada@alpages.example"), None),
        transfers=(Carried(recipient="Cloud Inc.", country="US", guarantee="standard contractual clauses"),),
        measures=(Measure(id="ledger", words={"en": "Every access.", "fr": "Chaque accès."}),),
    )  # fmt: skip
    return register(
        said, {Pattern(*USED): Tally(12, NOW - DAY), Pattern(*USED, category="email"): Tally(12, NOW - DAY)}
    )


def of_csv(made: bytes) -> dict[str, dict[str, str]]:
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    return {row[0]: dict(zip(tabled.COLUMNS, row, strict=True)) for row in rows[1:]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_json_and_json_ld_say_the_same(language):
    one = whole()
    plain = json.loads(forms.made(one, "json", language))
    rows, tree = of_csv(forms.made(one, "csv", language)), json.loads(forms.made(one, "json-ld", language))
    nodes = {node["identifier"]: node for node in tree["processes"]}
    assert {each["id"] for each in plain["declared"]["activities"]} == set(rows) == set(nodes)
    used = {id: tally for (id, part, _), tally in _parts(one).items() if not part}
    for each in plain["declared"]["activities"]:
        row, node = rows[each["id"]], nodes[each["id"]]
        purposes = [saying.coded(language, "purpose", code) for code in each["purposes"]]
        assert row["Purposes"].split("; ") == purposes
        assert node["purposes"] == [Purpose(code).iri for code in each["purposes"]]
        assert row["Operations"].split("; ") == [saying.coded(language, "nature", code) for code in each["operations"]]
        assert node["operations"] == [Operation(code).iri for code in each["operations"]]
        assert row["Categories of data"].split("; ") == [saying.category(language, id) for id in each["categories"]]
        assert node["labels"] == each["categories"]
        assert [name for name in row["Recipients"].split("; ") if name] == each["recipients"]
        assert [who["name"] for who in node["recipients"]] == each["recipients"]
        assert datetime.fromisoformat(row["In force since"]) == datetime.fromisoformat(each["since"])
        assert datetime.fromisoformat(node["since"]) == datetime.fromisoformat(each["since"])
        times = used[each["id"]].times if each["id"] in used else 0
        assert (row["Times used"], node["timesUsed"]) == (str(times), times)
    assert {row["Digest"] for row in rows.values()} == {tree["digest"]} == {plain["digest"]}
    assert tree["controller"]["officer"]["contact"] == plain["declared"]["controller"]["officer"]["email"]
    assert "ada@alpages.example" in rows["spring"]["Officer of the controller"]
    [transfer] = plain["declared"]["transfers"]
    assert tree["transfers"][0]["guarantee"] == transfer["guarantee"]
    assert transfer["guarantee"] in rows["spring"]["Transfers and their guarantees"]


def _parts(one: Register) -> Any:
    from bailee.clauses.processing_register.straying import by_part

    return by_part(sheets.seen(one))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_can_be_made_and_made_again_byte_for_byte(language):
    one = whole()
    begins = {"pdf": b"%PDF-", "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "json": b"{", "json-ld": b"{"}
    for form, begin in begins.items():
        made = forms.made(one, form, language)
        assert made.startswith(begin), form
        assert form == "pdf" or made == forms.made(one, form, language), form
    assert forms.made(one, "pdf", language) == forms.made(one, "pdf", language)


def test_an_ended_register_with_everything_that_can_be_lacking_is_printed():
    said = msgspec.structs.replace(
        declared(transfers=(Carried(recipient="Cloud Inc.", country="US"),)), activities=(), ended_at=NOW
    )
    one = register(said, destroyed=True, simulated=True)
    assert forms.made(one, "pdf", "fr").startswith(b"%PDF-")
    assert forms.made(one, "xlsx", "fr").startswith(b"PK")


def test_no_cell_is_run_as_a_formula():
    one = whole()
    named = msgspec.structs.replace(one.declared.controller, name="=cmd|'/C calc'!A0")
    evil = msgspec.structs.replace(one, declared=msgspec.structs.replace(one.declared, controller=named))
    assert of_csv(forms.made(evil, "csv", "en"))["spring"]["Controller"].startswith("'=cmd")


def test_json_reads_back_as_the_very_register():
    one = whole()
    assert msgspec.json.decode(forms.made(one, "json", "en"), type=Register) == one


def test_every_code_has_words_in_both_languages():
    for kind, codes in (("purpose", Purpose), ("nature", Operation), ("group", PersonGroup), ("doer", ActorKind)):
        for code in codes:
            for language in LANGUAGES:
                assert saying.coded(language, kind, code) != code, (kind, code, language)
    for language in LANGUAGES:
        for service in agreement().services:
            assert saying.activity(language, f"service:{service.id}") != service.id, service.id
        assert sheets.kept(declared(), language)
        assert all(not what.startswith("term-") for what, _ in sheets.kept(declared(), language))


# -- its clock


def test_it_is_owed_within_the_agreements_target_counted_in_working_days():
    friday = datetime(2026, 11, 27, 15, tzinfo=UTC)
    owed = to_give(uuid4(), "authority", agreement(), friday)
    assert (owed.clause, owed.owed_by, owed.owed_to) == ("register.on-request", "processor", "authority")
    assert owed.binding == owed.due.strict == datetime(2026, 11, 30, 23, tzinfo=UTC) - timedelta(microseconds=1)
    assert owed.due.generous.date() == date(2026, 12, 1), "where Saturday is no working day: Monday and Tuesday"
    assert in_force().agreement.terms.processing_register.on_request.ours


def test_a_day_is_over_at_its_last_instant():
    assert end_of(date(2026, 11, 23)) + timedelta(microseconds=1) == datetime(2026, 11, 24, tzinfo=UTC)


def test_a_day_means_its_end_today_means_now_and_an_instant_says_its_zone():
    assert instant("", NOW) is None
    assert instant(f"{NOW:%Y-%m-%d}", NOW) is None
    assert instant("2026-06-30", NOW) == end_of(date(2026, 6, 30))
    assert instant("2026-06-30T12:00:00+02:00", NOW) == datetime(2026, 6, 30, 10, tzinfo=UTC)
    for text in ("2026-06-31", "2026-06-30T12:00:00", "yesterday", "2026-06-3"):
        with pytest.raises(ValueError, match=r".+"):
            instant(text, NOW)


def test_the_tree_of_json_ld_holds_no_address_to_fetch():
    assert not [value for value in linked(whole())["@context"].values() if value == "@import"]
    assert isinstance(linked(whole())["@context"], dict)
