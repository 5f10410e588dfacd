"""The acts of the demo, each over the public surface, each checked."""

import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bailee.cli.demo import parties, profiles, tampering
from bailee.cli.demo.parties import Company
from bailee.cli.demo.speaking import Client, Unexpected
from bailee.cli.demo.story import Story
from bailee.cli.verifying import findings
from bailee.contract.agreement import Agreement

AT_ONCE = 500
RETURN_SECONDS = 60.0
COUNTED_SECONDS = 60.0


class Scene:
    """One demo: the platform, its companies and what they hold."""

    def __init__(
        self, platform: Any, story: Story, operator: Client, base: Agreement, processor: Ed25519PrivateKey, people: int
    ) -> None:
        self.platform, self.story, self.operator = platform, story, operator
        self.base, self.processor, self.count = base, processor, people
        self.companies: list[Company] = []
        self.agreements: list[Agreement] = []
        self.first: dict[str, Any] = {}
        self.foreign: dict[str, Any] = {}
        self.kept: Path = platform.folder / "artefacts"

    @property
    def company(self) -> Company:
        """The first controller, whose contract will end."""
        return self.companies[0]

    def sign(self, company: Company, at: datetime) -> None:
        """A controller is taken on, its agreement filled, signed by both parties and filed."""
        if not self.companies:
            self.story.chapter("Two controllers sign the sample agreement")
        opened = self.operator.must("POST", "/api/v1/controllers", {"name": company.name})
        company.id, company.verifier_key = opened["id"], opened["verifier_key"]
        agreement = parties.filled(self.base, company)
        path = f"/api/v1/controllers/{company.id}"
        document = parties.signed(agreement, company, self.processor, at)
        filed = self.operator.must("POST", f"{path}/documents", parties.wire(document))
        until = (at + timedelta(days=300)).isoformat()
        wanted = {
            "actor": "system:crm",
            "kind": "controller_system",
            "purposes": ["account-management"],
            "expires_at": until,
        }
        company.credential = self.operator.must("POST", f"{path}/credentials", wanted)["text"]
        self.companies.append(company)
        self.agreements.append(agreement)
        self.story.fact(f"{company.name}: agreement {filed['digest'][:16]}… in force, signed by both")

    def provide(self) -> None:
        """Both controllers take their people in."""
        self.story.chapter(f"{self.count:,} people each, sealed under one key per person")
        for number, company in enumerate(self.companies):
            self.story.begun(f"{company.name}: made up, sealed and written down, {AT_ONCE} at once")
            client, created = self._client(company), []
            sent = list(profiles.people(self.count, 7 + number, company.name))
            began = time.monotonic()
            for at in range(0, len(sent), AT_ONCE):
                created += client.must("POST", "/api/v1/batch", {"create": sent[at : at + AT_ONCE]})["created"]
            rate = len(created) / (time.monotonic() - began)
            self.story.fact(f"{company.name}: {len(created):,} people held ({rate:,.0f} a second)")
            known = {
                "person": created[3]["person"],
                "record": created[3]["records"][0],
                "profile": sent[3]["records"][0]["data"],
            }
            if number == 0:
                self.first = known
            else:
                self.foreign = known

    def read_and_refuse(self) -> None:
        """A read that an instruction covers, and those that none covers."""
        self.story.chapter("Rule, record, open")
        client, path = self._client(self.company), self._path(self.first)
        read = client("GET", path)
        if read.status != 200 or read.body["data"]["email"] != self.first["profile"]["email"]:
            raise Unexpected(f"the read was not answered: {read.status} {read.body}")
        self.story.fact(
            f"a profile read in {read.milliseconds:.1f} ms under [bold]{read.body['instruction']}[/bold] "
            f"({read.body['clause']}), ledger entry {read.body['entry'][:13]}…"
        )
        marketing = self._credential("system:mailing", ["prospecting"])
        self.story.refused("the same read, for prospecting", marketing("GET", path), clause="purposes.limited")
        helpdesk = self._credential("staff:helpdesk", ["support"], kind="processor_staff")
        self.story.refused("support, without an undertaking", helpdesk("GET", path), clause="staff.confidentiality")
        self._let_in("staff:helpdesk", helpdesk, path)
        app = self._credential("system:app", ["security"], kind="processor_system")
        self.story.refused(
            "security changing a name", app("PATCH", path, {"family_name": "X"}), clause="purposes.limited"
        )
        self._alike("another controller's person, and one who never was", client("GET", self._path(self.foreign)),
                    client("GET", f"/api/v1/persons/{uuid4()}/profile/{uuid4()}"))  # fmt: skip
        self.story.begun("a credential of one second runs out")
        brief = self._credential("system:brief", ["account-management"], seconds=1)
        time.sleep(1.2)
        nonsense = Client(self.platform.url, "bailee_" + "A" * 86)
        self._alike("an expired credential, and one that never was", brief("GET", path), nonsense("GET", path))

    def register(self) -> None:
        """What is done for the first controller, on record, and counted from the ledger."""
        self.story.chapter("The processing register makes itself")
        self.story.begun("the worker counts the ledger, entry by entry")
        path, deadline = f"/api/v1/controllers/{self.company.id}/register", time.monotonic() + COUNTED_SECONDS
        while (held := _taken_in(self.operator.must("GET", path))) < self.count and time.monotonic() < deadline:
            time.sleep(0.5)
        if held != self.count:
            raise Unexpected(f"the register counts {held} people taken in, and {self.count} were")
        folder = self.kept / "register"
        made = self.platform.must(
            "register", "export", "--controller", self.company.id, "--format", "pdf,csv,json-ld", "--to", str(folder)
        )
        self.story.fact(
            f"{made['processes']} categories of processing, {held:,} people taken in under them, as PDF, CSV and JSON-LD"
        )
        self.story.fact(f"version {made['version']}; the copy is on record as {made['digest'][:16]}…")
        self.story.artefact("register", folder)

    def _let_in(self, label: str, client: Client, path: str) -> None:
        """A duty of secrecy and a training go on record, and the same read is let through: what support may see of it."""
        today = datetime.now(UTC).date().isoformat()
        member = next(
            (one for one in self.operator.must("GET", "/api/v1/staff") if one["label"] == label), None
        ) or self.operator.must("POST", "/api/v1/staff", {"label": label})  # fmt: skip
        place = f"/api/v1/staff/{member['id']}"
        bound = {"way": "statute", "since": today, "reference": "Art. 226-13 Code pénal"}
        self.operator.must("POST", f"{place}/undertakings", bound)
        self.story.refused("support, bound to secrecy and not trained", client("GET", path), clause="staff.training")
        taught = {"what": "Data protection", "on": today, "given_by": "the DPO", "digest": sha256(b"shown").hexdigest()}
        self.operator.must("POST", f"{place}/trainings", taught)
        read = client("GET", path)
        if read.status != 200 or "postal_address" in read.body["data"]:
            raise Unexpected(f"support was not answered as agreed: {read.status} {read.body}")
        self.story.fact("support, once both are on record: let in, and of the profile only what support is for")

    def search_and_erase(self) -> None:
        """Someone is found by e-mail, erased, and cannot be brought back."""
        self.story.chapter("One person is erased")
        client, email = self._client(self.company), self.first["profile"]["email"]
        wanted = {"type": "profile", "field": "email", "value": email.upper()}
        found = client.must("POST", "/api/v1/search", wanted)
        if [one["person"] for one in found["records"]] != [self.first["person"]]:
            raise Unexpected("the search by e-mail did not find the person")
        self.story.fact("found by e-mail on a keyed index: no address stands in the database")
        erased = client.must("DELETE", f"/api/v1/persons/{self.first['person']}")
        self.story.fact(f"erased: key deleted and read back as gone, with {erased['records']} record under it")
        self._alike("the erased person, and one who never was", client("GET", self._path(self.first)),
                    client("GET", f"/api/v1/persons/{uuid4()}/profile/{uuid4()}"))  # fmt: skip
        if client.must("POST", "/api/v1/search", wanted)["records"]:
            raise Unexpected("an erased person was found")
        self.story.begun("every other key moves under a new root key, and the old one is destroyed")
        turned = self.platform.must("keys", "turn", "--controller", self.company.id)[0]
        state = client.must("GET", f"/api/v1/persons/{self.first['person']}/erasure")
        self.story.fact(
            f"epoch turned: {turned['moved']:,} keys moved, root key {turned['destroyed']} destroyed; final "
            f"since {state['final_at'][:19]}, in every backup too"
        )

    def end(self, at: datetime) -> None:
        """The first contract ends; everything is returned, sealed to the controller's own key."""
        self.story.chapter("A contract ends: everything is returned")
        path = f"/api/v1/controllers/{self.company.id}/end"
        document = parties.ended(self.company, self.agreements[0], at)
        ending = self.operator.must("POST", path, parties.wire(document))
        self.story.fact(f"ended; to be destroyed by {_day(ending['last_day'], self.base)} on the strict reading")
        self.story.refused(
            "reading on after the end", self._client(self.company)("GET", "/api/v1/persons"), clause="end.return"
        )
        early = self.operator("POST", f"{path}/destruction")
        self.story.refused("destruction before the return is acknowledged", early, clause="end.destroy")
        self.story.begun("everything is put together, and sealed to the controller's key")
        deadline = time.monotonic() + RETURN_SECONDS
        while ending["returned_at"] is None and time.monotonic() < deadline:
            time.sleep(0.25)
            ending = self.operator.must("GET", path)
        self._fetch(path)
        wrong = self.operator("POST", f"{path}/acknowledgement", {"manifest": "0" * 64})
        self.story.refused("acknowledging another manifest", wrong, clause="")
        self.operator.must("POST", f"{path}/acknowledgement", {"manifest": ending["manifest"]})
        self.story.fact("acknowledged by the controller, by the SHA-256 of the manifest")

    def destroy(self) -> None:
        """The lawful day comes, everything is destroyed, a certificate says so."""
        self.story.chapter("Thirty days later: destruction, and its proof")
        self.story.begun("the clock moves by thirty days; what is left is destroyed, then looked for, then certified")
        self.platform.move_clock("+30d")
        self.platform.must("destroy", "--controller", self.company.id)
        gone = self._client(self.company)("GET", "/api/v1/persons")
        if gone.status not in (401, 410):
            raise Unexpected(f"the destroyed controller was answered: {gone.status}")
        made = self.platform.must("certificate", self.company.id)
        _copy(Path(made["folder"]), self.kept / "certificate")
        self.story.artefact("certificate", self.kept / "certificate" / "certificate.pdf")
        other = self._client(self.companies[1])
        if other("GET", self._path(self.foreign)).status != 200:
            raise Unexpected("the other controller's person is gone")
        self.story.fact(f"destroyed and certified; {self.companies[1].name} goes on as if nothing had happened")

    def verify(self) -> None:
        """Anyone verifies, offline; a changed copy does not pass."""
        self.story.chapter("Verified offline, by anyone")
        bundle, certificate = self.kept / "bundle", self.kept / "certificate"
        self.story.begun("every entry, proof and signature is read again, without the platform")
        tampering.open_ledger(bundle, self.company.opening, self.kept / "ledger")
        key = self.company.verifier_key
        for what in (bundle, certificate, self.kept / "ledger"):
            false = [one for one in findings([what], [key]) if not one.ok]
            if false:
                raise Unexpected(f"{what} does not verify: {false}")
        self.story.fact("bundle, certificate (JSON and PDF) and the whole ledger verify, with the agreement's key")
        tampered = tampering.copies(bundle, certificate, self.kept / "ledger", self.platform.folder / "tampered")
        for name, path in tampered.items():
            if all(one.ok for one in findings([path], [key])):
                raise Unexpected(f"the tampered copy {name!r} was accepted")
        self.story.fact(f"{len(tampered)} tampered copies are all rejected: {', '.join(tampered)}")
        self.story.artefact("tampered copies", self.platform.folder / "tampered")

    def _fetch(self, path: str) -> None:
        """The controller fetches its bundle, and opens it with its own key."""
        folder = self.kept / "bundle"
        folder.mkdir(parents=True)
        manifest = self.operator("GET", f"{path}/return/manifest.json")
        names = ["manifest.json", "manifest.json.note", *(part["name"] for part in manifest.body["parts"])]
        for name in names:
            (folder / name).write_bytes(self.operator("GET", f"{path}/return/{name}").raw)
        key = self.kept / "controller-key.txt"
        key.write_text(f"{self.company.opening}\n")
        counts = manifest.body["counts"]
        self.story.fact(
            f"returned: {counts['records/profile']:,} profiles of {counts['persons']:,} people, {counts['entries']:,} ledger "
            f"entries, {len(names) - 2} part sealed with age to the controller's key"
        )
        self.story.artefact("return bundle", folder)
        self.story.artefact("the controller's key", key)

    def _alike(self, words: str, one: Any, other: Any) -> None:
        if one.raw != other.raw or one.status != other.status:
            raise Unexpected(f"{words}: the answers differ")
        self.story.fact(f"{words}: {one.status}, the same {len(one.raw)} bytes")

    def _credential(
        self, actor: str, purposes: list[str], *, kind: str = "controller_system", seconds: int = 3600
    ) -> Client:
        until = (datetime.now().astimezone() + timedelta(seconds=seconds)).isoformat()
        wanted = {"actor": actor, "kind": kind, "purposes": purposes, "expires_at": until}
        made = self.operator.must("POST", f"/api/v1/controllers/{self.company.id}/credentials", wanted)
        return Client(self.platform.url, made["text"])

    def _client(self, company: Company) -> Client:
        return Client(self.platform.url, company.credential)

    @staticmethod
    def _path(known: dict[str, Any]) -> str:
        return f"/api/v1/persons/{known['person']}/profile/{known['record']}"


def _day(instant: str, agreement: Agreement) -> str:
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(agreement.time_zone)).date().isoformat()


def _copy(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if file.name != "facts.json":
            (folder / file.name).write_bytes(file.read_bytes())


def _taken_in(register: dict[str, Any]) -> int:
    """How often a register has observed that someone was taken in, by the e-mail address that everyone has."""
    uses = register["observed"]["uses"]
    return sum(use["times"] for use in uses if (use["operation"], use.get("category")) == ("store", "email"))
