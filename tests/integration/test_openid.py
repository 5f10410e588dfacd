"""Single sign-on against a real provider, in process and over a socket; and what a false one tries."""

import asyncio
import base64
import gzip
import hmac
import json
import secrets
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.provider import CLIENT, REDIRECT, SECRET, OpenIdProvider

from bailee.processing.accounts.signing_in import providers
from bailee.processing.accounts.signing_in.challenges import Purpose, Seals
from bailee.processing.accounts.signing_in.openid import Begun, Identity, OpenId
from bailee.processing.accounts.signing_in.providers import Provider, Reason

ISSUER = "https://id.example.org/tenant/1"
CONTROLLER = uuid4()
AGREED = Provider(issuer=ISSUER, client_id=CLIENT, secret="sso")


class Hands:
    """A clock turned by hand."""

    simulated = True

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class Desk:
    """Our side, and the browser between the two."""

    def __init__(self, client: httpx.AsyncClient, provider: OpenIdProvider, clock: Hands, *, loopback=False) -> None:
        self.client, self.provider, self.clock = client, provider, clock
        self.spent: set[tuple[UUID, bytes]] = set()
        self.seals = Seals(secrets.token_bytes(32))
        self.agreed = Provider(issuer=provider.issuer, client_id=CLIENT, secret="sso")
        self.openid = OpenId(client, self.seals, self.spend, clock, secret_of=self.secret_of, loopback=loopback)

    async def spend(self, controller: UUID, challenge: bytes, until: datetime) -> bool:
        known = (controller, challenge) in self.spent
        self.spent.add((controller, challenge))
        return not known

    async def secret_of(self, controller: UUID, name: str) -> str | None:
        return SECRET if (controller, name) == (CONTROLLER, "sso") else None

    async def leave(self, **wanted) -> tuple[str, dict[str, str]]:
        """Begin, and sign in at the provider; the token, and what the browser brings back."""
        begun = await self.openid.begin(CONTROLLER, self.agreed, REDIRECT, **wanted)
        assert isinstance(begun, Begun), begun
        back = await self.client.get(begun.url, follow_redirects=False)
        assert back.status_code == 302, back.text
        return begun.token, {name: one[0] for name, one in parse_qs(urlsplit(back.headers["location"]).query).items()}

    async def come_back(self, token: str, answer: dict[str, str]) -> Identity | Reason:
        return await self.openid.finish(CONTROLLER, self.agreed, token, answer)

    async def sign_in(self, **wanted) -> Identity | Reason:
        return await self.come_back(*await self.leave(**wanted))


@pytest.fixture
async def desk():
    clock = Hands()
    provider = OpenIdProvider(ISSUER, clock.now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(provider)) as client:
        yield Desk(client, provider, clock)


@asynccontextmanager
async def on_a_socket(*, loopback: bool = True):
    clock = Hands()
    provider = OpenIdProvider("", clock.now)
    server = await asyncio.start_server(provider.connected, "127.0.0.1", 0)
    provider.issuer = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, httpx.AsyncClient() as client:
        yield Desk(client, provider, clock, loopback=loopback)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "Ed25519"])
async def test_someone_signs_in(desk, algorithm):
    desk.provider.algorithm = algorithm
    assert await desk.sign_in() == Identity(issuer=ISSUER, subject="user-1", address="ada@example.org", name="Ada")


async def test_someone_signs_in_over_a_real_socket():
    async with on_a_socket() as desk:
        found = await desk.sign_in()
        assert isinstance(found, Identity)
        assert found.subject == "user-1"


async def test_without_tls_nobody_is_called_but_this_machine_in_the_sandbox():
    async with on_a_socket(loopback=False) as desk:
        assert await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT) is Reason.address_refused
        assert desk.provider.asked == []


@pytest.mark.parametrize(
    "issuer",
    ["http://id.example.org", "file:///etc/passwd", "https://u:p@id.example.org", "https://", "", "https://id\n.org",
     "https://id.example.org/#x", "https://id.example.org/?x=1", "https://[::1", "gopher://x", "http://127.0.0.1"],
)  # fmt: skip
async def test_an_issuer_that_is_no_plain_https_address_is_not_called(desk, issuer):
    agreed = Provider(issuer=issuer, client_id=CLIENT)
    assert await desk.openid.begin(CONTROLLER, agreed, REDIRECT) is Reason.address_refused
    assert desk.provider.asked == []


async def test_the_browser_is_sent_with_everything_that_binds_the_answer(desk):
    begun = await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT, hint="ada@example.org", fresh=True)
    asked = {name: one[0] for name, one in parse_qs(urlsplit(begun.url).query).items()}
    assert begun.url.startswith(f"{ISSUER}/authorize?")
    assert asked["login_hint"] == "ada@example.org"
    assert (asked["prompt"], asked["max_age"], asked["scope"]) == ("login", "0", "openid email profile")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert all(len(asked[name]) == 43 for name in ("state", "nonce", "code_challenge"))
    assert not any(asked[name] in begun.token for name in ("state", "nonce"))
    other = await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT)
    assert asked["state"] not in other.url


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post", "none"])
async def test_the_client_says_who_it_is_as_the_provider_takes_it(desk, way):
    desk.provider.ways = [way]
    if way == "none":
        desk.agreed = Provider(issuer=ISSUER, client_id=CLIENT)
    assert isinstance(await desk.sign_in(), Identity)


async def test_a_way_we_do_not_have_and_a_secret_that_is_not_there(desk):
    desk.provider.ways = ["private_key_jwt"]
    assert await desk.sign_in() is Reason.not_supported
    desk.agreed = Provider(issuer=ISSUER, client_id=CLIENT, secret="../../etc/passwd")
    assert await desk.sign_in() is Reason.secret_missing


async def test_only_a_verified_address_counts(desk):
    for said in (False, None, "true", "false", 0):
        desk.provider.user["email_verified"] = said
        found = await desk.sign_in()
        assert found is Reason.token_malformed if said == 0 and said is not False else found.address is None, said
    del desk.provider.user["email_verified"]
    assert (await desk.sign_in()).address is None
    desk.provider.user |= {"email_verified": True, "email": "x" * 300 + "@example.org"}
    assert (await desk.sign_in()).address is None


def future(claims):
    claims["iat"] += 120


CLAIMS = [
    (lambda c: c.update(nonce="other"), Reason.nonce_differs),
    (lambda c: c.update(nonce=""), Reason.nonce_differs),
    (lambda c: c.pop("nonce"), Reason.nonce_differs),
    (lambda c: c.update(aud="another client"), Reason.audience_differs),
    (lambda c: c.update(aud=[]), Reason.audience_differs),
    (lambda c: c.update(aud=["another", CLIENT]), Reason.party_differs),
    (lambda c: c.update(aud=["another", CLIENT], azp="another"), Reason.party_differs),
    (lambda c: c.update(azp="another"), Reason.party_differs),
    (lambda c: c.update(iss="https://evil.example.org"), Reason.issuer_differs),
    (lambda c: c.update(iss=ISSUER + "/"), Reason.issuer_differs),
    (lambda c: c.update(exp=c["iat"] - 61), Reason.expired),
    (lambda c: c.update(exp=0), Reason.expired),
    (lambda c: c.update(iat=c["iat"] - 601), Reason.too_old),
    (future, Reason.not_yet),
    (lambda c: c.update(nbf=c["iat"] + 120), Reason.not_yet),
    (lambda c: c.update(sub=""), Reason.subject_missing),
    (lambda c: c.update(sub="x" * 256), Reason.subject_missing),
    (lambda c: c.pop("sub"), Reason.token_malformed),
    (lambda c: c.pop("exp"), Reason.token_malformed),
    (lambda c: c.pop("iat"), Reason.token_malformed),
    (lambda c: c.pop("aud"), Reason.token_malformed),
    (lambda c: c.update(exp="never"), Reason.token_malformed),
    (lambda c: c.update(exp=True), Reason.token_malformed),
    (lambda c: c.update(sub={"a": 1}), Reason.token_malformed),
]


@pytest.mark.parametrize(("twist", "why"), CLAIMS)
async def test_a_claim_that_does_not_bind_the_token_to_this_sign_in_is_refused(desk, twist, why):
    desk.provider.twist = twist
    assert await desk.sign_in() is why


async def test_several_audiences_are_taken_when_we_are_the_authorized_party(desk):
    desk.provider.twist = lambda c: c.update(aud=["another", CLIENT], azp=CLIENT)
    assert isinstance(await desk.sign_in(), Identity)


def parts(header, claims, signature: bytes = b"") -> str:
    def text(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return ".".join([text(json.dumps(header).encode()), text(json.dumps(claims).encode()), text(signature)])


def shared(header, claims, secret: bytes) -> str:
    """A token signed with HMAC, by hand: the library would not."""
    begun = parts(header, claims).rstrip(".")
    return parts(header, claims, hmac.digest(secret, begun.encode(), "sha256"))


@pytest.mark.parametrize("none", ["none", "None", "NONE", "nOnE", ""])
async def test_no_signature_is_no_signature(desk, none):
    desk.provider.forge = lambda claims: parts({"alg": none}, claims)
    assert await desk.sign_in() is Reason.algorithm_refused
    desk.provider.forge = lambda claims: parts({"alg": "RS256", "kid": "rsa"}, claims)
    assert await desk.sign_in() is Reason.signature_wrong


@pytest.mark.parametrize("kid", ["rsa", None])
async def test_the_public_key_is_no_shared_secret(desk, kid):
    public = desk.provider.keys["RS256"]
    for secret in (
        public.raw_value.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.raw_value.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(public.as_dict(private=False)).encode(),
    ):
        for said in ("HS256", "RS256"):
            header = {"alg": said} | ({"kid": kid} if kid else {})
            desk.provider.forge = lambda claims, secret=secret, header=header: shared(header, claims, secret)
            why = Reason.algorithm_refused if said == "HS256" else Reason.signature_wrong
            assert await desk.sign_in() is why


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "ES384", "Ed448", "HS512", "dir", 5])
async def test_any_other_algorithm_is_refused(desk, algorithm):
    desk.provider.forge = lambda claims: parts({"alg": algorithm, "kid": "rsa"}, claims, b"x" * 256)
    expected = Reason.token_malformed if algorithm == 5 else Reason.algorithm_refused
    assert await desk.sign_in() is expected


async def test_a_shared_secret_among_the_providers_keys_is_not_one_of_them(desk):
    oct_key = OctKey.generate_key(256, {"kid": "shared"})
    desk.provider.keys["oct"] = oct_key
    desk.provider.answers["/keys"] = (200, {}, json.dumps({"keys": [oct_key.as_dict(private=True)]}).encode())
    desk.provider.forge = lambda c: jwt.encode({"alg": "HS256", "kid": "shared"}, c, oct_key, algorithms=["HS256"])
    assert await desk.sign_in() is Reason.algorithm_refused


@pytest.mark.parametrize(
    ("algorithm", "stranger"),
    [
        ("RS256", RSAKey.generate_key(2048)),
        ("ES256", ECKey.generate_key("P-256")),
        ("Ed25519", OKPKey.generate_key("Ed25519")),
    ],
)
async def test_a_strangers_key_under_a_known_name_does_not_sign(desk, algorithm, stranger):
    desk.provider.algorithm, desk.provider.signer = algorithm, stranger
    assert await desk.sign_in() is Reason.signature_wrong
    jwk = stranger.as_dict(private=False)
    desk.provider.header = {"jwk": jwk}
    assert await desk.sign_in() is Reason.signature_wrong, "not even when it is brought along"
    desk.provider.header = {"kid": "stranger", "jwk": jwk, "jku": "https://evil.example.org/keys"}
    assert await desk.sign_in() is Reason.key_unknown
    assert all(path != "/evil" for _, path in desk.provider.asked)


async def test_a_key_is_for_its_own_algorithm(desk):
    desk.provider.header = {"alg": "PS256"}  # a key of PS256's family, not kept from it: fine
    assert isinstance(await desk.sign_in(), Identity)
    desk.provider.algorithm, desk.provider.header = "PS256", {"alg": "RS256"}
    desk.provider.signer = RSAKey.import_key(
        {k: v for k, v in desk.provider.keys["PS256"].as_dict(private=True).items() if k != "alg"}
    )
    assert await desk.sign_in() is Reason.key_unknown, "the provider keeps it for PS256"
    desk.provider.signer = None
    desk.provider.forge = lambda claims: parts({"alg": "ES256", "kid": "rsa"}, claims, b"x" * 64)
    assert await desk.sign_in() is Reason.key_unknown


async def test_a_key_for_encryption_or_too_small_or_broken_is_none(desk):
    good = desk.provider.keys["RS256"].as_dict(private=False)
    large = base64.urlsafe_b64encode(b"\xff" * 2_000).decode().rstrip("=")
    small = {**good, "n": base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("=")}
    for bad in (
        {**good, "use": "enc"},
        small,
        {**good, "n": large},
        {**good, "e": large},
        {**good, "n": "!"},
        {**good, "n": 5},
        {"kid": "rsa", "kty": "RSA"},
    ):
        desk.provider.answers["/keys"] = (200, {}, json.dumps({"keys": [bad]}).encode())
        assert await desk.sign_in() is Reason.key_unknown
        desk.clock.at += timedelta(hours=1)


@pytest.mark.parametrize("header", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}])
async def test_a_token_of_another_kind_is_refused(desk, header):
    desk.provider.header = header
    assert await desk.sign_in() is Reason.token_malformed


@pytest.mark.parametrize("token", ["", "..", "a.b", "a.b.c.d", "%%.e30.x", "W10.e30.x", "x" * 40_000, "é.e30.x"])
async def test_what_is_no_token_is_refused(desk, token):
    desk.provider.forge = lambda claims: token
    assert await desk.sign_in() is Reason.token_malformed


async def test_extensions_that_must_be_understood_are_not(desk):
    desk.provider.forge = lambda c: parts({"alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": False}, c, b"x")
    assert await desk.sign_in() is Reason.token_malformed


async def test_a_new_key_is_found_and_an_unknown_one_does_not_make_us_ask_without_end(desk):
    assert isinstance(await desk.sign_in(), Identity)
    asked = len(desk.provider.asked)
    desk.provider.keys["RS256"] = RSAKey.generate_key(2048, {"kid": "next"})
    assert await desk.sign_in() is Reason.key_unknown, "within the minute"
    desk.clock.at += timedelta(minutes=1)
    assert isinstance(await desk.sign_in(), Identity)
    desk.provider.header = {"kid": "unknown"}
    for _ in range(5):
        assert await desk.sign_in() is Reason.key_unknown
    assert [path for _, path in desk.provider.asked[asked:]].count("/keys") == 1
    desk.clock.at += timedelta(hours=1)
    desk.provider.header = {}
    assert isinstance(await desk.sign_in(), Identity)
    assert ("GET", "/.well-known/openid-configuration") in desk.provider.asked[asked:]


async def test_a_flow_comes_back_once_in_time_to_its_own_controller_and_browser(desk):
    token, answer = await desk.leave()
    assert await desk.come_back(token, {**answer, "state": "other"}) is Reason.state_differs
    assert await desk.come_back(token, {"code": answer["code"]}) is Reason.state_differs
    assert await desk.come_back(token, {**answer, "state": "\ud800é"}) is Reason.state_differs
    assert await desk.openid.finish(uuid4(), desk.agreed, token, answer) is Reason.flow_unknown
    elsewhere = Provider(issuer="https://other.example.org", client_id=CLIENT)
    assert await desk.openid.finish(CONTROLLER, elsewhere, token, answer) is Reason.flow_unknown
    assert await desk.come_back("nonsense", answer) is Reason.flow_unknown
    assert await desk.come_back(desk.seals.seal(Purpose.known_device, b"{}"), answer) is Reason.flow_unknown
    others, _ = await desk.leave()
    assert await desk.come_back(others, answer) is Reason.state_differs, "someone else's code, slipped in"
    assert isinstance(await desk.come_back(token, answer), Identity)
    assert await desk.come_back(token, answer) is Reason.flow_spent
    late, answer = await desk.leave()
    desk.clock.at += timedelta(minutes=5)
    assert await desk.come_back(late, answer) is Reason.flow_expired


async def test_a_code_of_another_flow_is_of_no_use_for_want_of_its_verifier(desk):
    _, stolen = await desk.leave()
    token, own = await desk.leave()
    assert await desk.come_back(token, {**own, "code": stolen["code"]}) is Reason.code_refused


async def test_the_answer_has_to_come_from_the_provider_that_was_asked(desk):
    token, answer = await desk.leave()
    assert await desk.come_back(token, {**answer, "iss": "https://evil.example.org"}) is Reason.issuer_differs
    desk.clock.at += timedelta(hours=2)
    desk.provider.announced = {"authorization_response_iss_parameter_supported": True}
    token, answer = await desk.leave()
    del answer["iss"]
    assert await desk.come_back(token, answer) is Reason.issuer_differs


async def test_a_no_of_the_provider_is_a_no(desk):
    token, answer = await desk.leave()
    assert await desk.come_back(token, {"state": answer["state"], "error": "access_denied"}) is Reason.denied
    token, answer = await desk.leave()
    assert await desk.come_back(token, {"state": answer["state"]}) is Reason.denied
    token, answer = await desk.leave()
    assert await desk.come_back(token, {**answer, "code": "x" * 5_000}) is Reason.code_refused


async def test_a_fresh_sign_in_is_one_made_now(desk):
    assert isinstance(await desk.sign_in(fresh=True, person=UUID(int=7)), Identity)
    desk.provider.twist = lambda c: c.update(auth_time=c["iat"] - 3600)
    assert await desk.sign_in(fresh=True) is Reason.not_fresh
    assert isinstance(await desk.sign_in(), Identity)
    desk.provider.twist = lambda c: c.pop("auth_time", None)
    assert await desk.sign_in(fresh=True) is Reason.not_fresh
    desk.provider.twist = lambda c: c.update(auth_time=c["iat"] + 3600)
    assert await desk.sign_in(fresh=True) is Reason.not_fresh


async def test_whom_a_flow_was_begun_for_comes_back_with_it(desk):
    assert (await desk.sign_in(person=UUID(int=7))).person == UUID(int=7)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"issuer": "https://evil.example.org"}, Reason.issuer_differs),
        ({"token_endpoint": "http://id.example.org/token"}, Reason.address_refused),
        ({"jwks_uri": "file:///etc/passwd"}, Reason.address_refused),
        ({"authorization_endpoint": "javascript:alert(1)"}, Reason.address_refused),
        ({"jwks_uri": None}, Reason.answer_malformed),
        ({"code_challenge_methods_supported": ["plain"]}, Reason.not_supported),
        ({"response_types_supported": ["id_token"]}, Reason.not_supported),
    ],
)
async def test_a_provider_that_says_false_things_of_itself_is_refused(desk, said, why):
    desk.provider.announced = said
    assert await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT) is why


WELL_KNOWN = "/.well-known/openid-configuration"
ANSWERS = [
    ((500, {}, b"{}"), Reason.answer_refused),
    ((302, {"location": "https://evil.example.org"}, b""), Reason.answer_refused),
    ((200, {}, b""), Reason.answer_malformed),
    ((200, {}, b"\xff\xfe"), Reason.answer_malformed),
    ((200, {}, b"[" * 100_000), Reason.answer_malformed),
    ((200, {"content-encoding": "gzip"}, gzip.compress(b" " * 50_000_000)), Reason.answer_malformed),
    ((200, {}, b" " * 300_000), Reason.answer_too_large),
]


@pytest.mark.parametrize(("answer", "why"), ANSWERS, ids=range(len(ANSWERS)))
async def test_what_a_provider_answers_is_bounded_and_read_strictly(answer, why):
    async with on_a_socket() as desk:
        desk.provider.answers[WELL_KNOWN] = answer
        assert await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT) is why
        del desk.provider.answers[WELL_KNOWN]
        for path in ("/keys", "/token"):
            token, back = await desk.leave()
            desk.provider.answers[path] = answer
            assert await desk.come_back(token, back) is why
            del desk.provider.answers[path]


async def test_too_many_keys_are_refused(desk):
    key = desk.provider.keys["ES256"].as_dict(private=False)
    desk.provider.answers["/keys"] = (200, {}, json.dumps({"keys": [key] * 65}).encode())
    assert await desk.sign_in() is Reason.answer_too_large


async def test_a_slow_provider_and_one_that_is_not_there(monkeypatch):
    monkeypatch.setattr(providers, "SECONDS", 0.2)
    async with on_a_socket() as desk:
        desk.provider.slow = 0.5
        assert await desk.openid.begin(CONTROLLER, desk.agreed, REDIRECT) is Reason.timed_out
        await asyncio.sleep(0.6)
        monkeypatch.setattr(providers, "SECONDS", 10.0)
        nobody = Provider(issuer="http://127.0.0.1:1", client_id=CLIENT)
        assert await desk.openid.begin(CONTROLLER, nobody, REDIRECT) is Reason.unreachable
