"""docs/start/integrate.md, done as it says: every block of it, in order, by an engineer who reads nothing else."""

import asyncio
import json
import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path
from string import Template
from types import SimpleNamespace

import httpx
import pytest
from click.testing import CliRunner
from tests.household import commanded

from bailee.api.application import Application
from bailee.cli.main import cli
from bailee.processing.webhooks import signing
from bailee.serving import control_plane, data_plane

PAGE = Path(__file__).parents[2] / "docs" / "start" / "integrate.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def blocks(begins: str) -> list[str]:
    return [text for _, text in BLOCKS if text.startswith(begins)]


async def curl(http: httpx.AsyncClient, command: str, known: dict[str, str]) -> httpx.Response:
    """What a curl of the page sends, over the same application."""
    words = shlex.split(Template(re.sub(r"'(\$\w+)'", r"\1", command)).substitute(known))
    method, sent, headers, url = "", None, {}, ""
    while words:
        match words.pop(0):
            case "curl" | "\n":
                continue
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                sent = words.pop(0)
            case "-o":
                known["SAVED"] = words.pop(0)
            case other:
                url = other
    return await http.request(method or ("POST" if sent else "GET"), url, content=sent, headers=headers)


def exported(block: str, known: dict[str, str]) -> dict[str, str]:
    """What a shell knows after a block of exports, with what really is there in place of what ends in dots."""
    mine = re.sub(r"(\w+)=\S*\.\.\.", lambda found: f"{found[1]}={shlex.quote(known[found[1]])}", block)
    done = subprocess.run(["sh", "-ec", f"{mine}\nenv"], capture_output=True, text=True, check=True, env={})
    names = re.findall(r"^export (\w+)=", block, re.MULTILINE)
    told = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    return {name: told[name] for name in names}


@pytest.fixture
async def shop(rooms, hold, premises, monkeypatch):
    """Someone with a signed agreement, who has typed what the page has them type first."""
    holder = await hold()
    known, texts = {"CONTROLLER": str(holder.id)}, []
    for typed in blocks(".venv/bin/bailee credential"):
        words = shlex.split(typed.replace("CONTROLLER", known["CONTROLLER"]))[1:]
        said = await commanded(holder, premises, *words)
        assert said.exit_code == 0, said.output
        texts += re.findall(r"bailee_\S+", said.output)
    known["CREDENTIAL"], known["ADMIN"] = texts
    first, *_ = blocks("export")
    known = exported(first, known)
    assert known.keys() == {"BAILEE", "CONTROLLER", "CREDENTIAL", "ADMIN"}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    app = Application(data_plane(rooms), control_plane(rooms))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=known["BAILEE"]) as http:
        yield SimpleNamespace(holder=holder, known=known, http=http, app=app)


async def test_its_curls_answer_as_it_says_and_the_receipt_verifies_offline(shop, folder):
    hold, read, patch, batch, search, hooks, receipt = blocks("curl")
    made = await curl(shop.http, hold, shop.known)
    assert made.status_code == 201, made.text
    again = (await curl(shop.http, hold, shop.known)).json()
    assert {**again, "entry": ""} == {**made.json(), "entry": ""}, "sent again, held once"
    _, ids, proof = blocks("export")
    shop.known |= exported(ids, {"PERSON": made.json()["person"], "RECORD": made.json()["records"][0]})
    seen = await curl(shop.http, read, shop.known)
    assert seen.json()["data"] == {"given_name": "Ada", "email": "ada@shop.example"}
    assert {"instruction", "clause", "entry"} <= seen.json().keys()
    assert (await curl(shop.http, patch, shop.known)).status_code == 200
    assert (await curl(shop.http, patch, shop.known)).status_code == 412, "the version has moved on"
    [found] = (await curl(shop.http, batch, shop.known)).json()["records"]
    assert found["data"]["family_name"] == "Lovelace"
    page = (await curl(shop.http, search, shop.known)).json()
    assert [one["data"] for one in page["records"]] == [found["data"]]
    hooked = await curl(shop.http, hooks, shop.known)
    assert hooked.json()["secret"].startswith("whsec_"), hooked.text
    shop.known |= exported(proof, {"ENTRY": seen.json()["entry"], "KEY": shop.holder.company.verifier_key})
    async with asyncio.timeout(60):
        while (got := await curl(shop.http, receipt, shop.known)).status_code == 202:
            await asyncio.sleep(0.05)
    assert got.status_code == 200, got.text
    (folder / shop.known["SAVED"]).write_text(got.text)
    [verify] = blocks(".venv/bin/bailee verify")
    words = shlex.split(Template(verify).substitute(shop.known))[1:]
    words = [str(folder / word) if word == shop.known["SAVED"] else word for word in words]
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 0, told.output


async def test_its_application_holds_finds_and_hears_as_it_is_printed(shop, monkeypatch, capsys):
    [(_, source)] = [block for block in BLOCKS if block[0] == "python"]
    monkeypatch.setattr(httpx.AsyncClient.__init__, "__kwdefaults__", {
        **httpx.AsyncClient.__init__.__kwdefaults__, "transport": httpx.ASGITransport(shop.app),
    })  # fmt: skip
    secret = signing.fresh()
    monkeypatch.setenv("WEBHOOK_SECRET", secret.text)
    theirs: dict = {"__name__": "shop"}
    exec(compile(source, "shop.py", "exec"), theirs)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(theirs["app"]), base_url="http://shop.test") as visitor:
        held = await visitor.post("/customers/4711", json={"given_name": "Grace", "email": "grace@shop.example"})
        assert held.status_code == 200, held.text
        assert (await visitor.get("/customers/4711")).json()["given_name"] == "Grace"
        assert (await visitor.get("/customers/4712")).status_code == 404
        refused = await visitor.post("/customers/4713", json={"shoe_size": "38"})
        assert refused.status_code == 422
        assert refused.json()["detail"]["remedy"]
        body = json.dumps({"type": "person.created", "data": {"person": held.json()["person"]}}).encode()
        headers = signing.headers("msg_1", shop.holder.rooms.clock.now(), body, [secret])
        assert (await visitor.post("/bailee", content=body, headers=headers)).status_code == 200
        assert "person.created" in capsys.readouterr().out
        assert (await visitor.post("/bailee", content=body + b" ", headers=headers)).status_code == 401
        late = signing.headers("msg_1", shop.holder.rooms.clock.now() - timedelta(hours=1), body, [secret])
        assert (await visitor.post("/bailee", content=body, headers=late)).status_code == 401
    await theirs["bailee"].aclose()
