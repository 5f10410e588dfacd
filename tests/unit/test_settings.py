"""A setting that cannot be used is named, with what to write; one that can be is taken as it is."""

import pytest

from bailee.infra import age
from bailee.infra.settings import RefusedSettings, load

URL = "postgresql://u@/x"
WRONG = [
    ("PORT", "eighty", "as a whole number from 1 to 65535"), ("PORT", "", "whole number"), ("PORT", "0", "whole number"),
    ("PORT", "65536", "whole number"), ("PORT", "٣", "whole number"), ("PORT", "9" * 5000, "whole number"),
    ("NOTICE_TEXT_DAYS", "a month", "the days as a whole number from 0 to 36500"), ("NOTICE_TEXT_DAYS", "36501", "36500"),
    ("REGION", "", "such as FR"), ("REGION", "CH", "EU country"), ("SMTP_COUNTRY", "US", "mail must leave through"),
    ("LOG_NAME", "", "host name"), ("LOG_NAME", "our logs", "host name"), ("LOG_NAME", "a" * 64, "host name"),
    ("URL", "http://x.example", "https://"), ("URL", "https://", "https://HOST"), ("URL", "https://x:y", "https://HOST"),
    ("URL", "https://x.example/console", "no more"), ("URL", "https://me@x.example", "no more"),
    ("DESTRUCTION_LOGS", "/a", "two folders"), ("DESTRUCTION_LOGS", "/a,", "two folders"),
    ("DESTRUCTION_LOGS", "/a, /a", "two folders"), ("DESTRUCTION_LOGS", "/a,/b,/c", "two folders"),
    ("KEY_STORE_URL", "host:5432", "postgresql://ROLE@HOST:PORT/DATABASE"),
    ("KEY_STORE_OWNER_URL", "postgresql://u@h:port/x", "postgresql://"), ("CONTROL_URL", "postgresql://u@[/x", "postgresql://"),
    ("CONTROL_OWNER_URL", "postgresql://u@db.example/x", "verify-full"),
    ("CONTROL_URL", "postgresql://u@localhost,db.example/x", "verify-full"),
    ("CONTROL_URL", "postgresql://u@/x?host=localhost,db.example", "verify-full"),
    ("DATABASE_URL", "postgresql://u@h:1,h:x/d", "postgresql://ROLE@HOST:PORT/DATABASE"),
    ("SMTP_URL", "smtp://mail.example:0", "smtp://HOST"), ("SMTP_URL", "smtp://mail.example?x", "more than a server"),
    ("SMTP_URL", "mail.example", "smtp://HOST"), ("SMTP_URL", "smtp://u:p@mail.example", "file of BAILEE_SMTP_CREDENTIALS"),
    ("MAIL_FROM", "nobody", "an address"), ("MAIL_RETURNS", "yes", "tagged or empty"),
    ("INTAKE_ADDRESS", "a+b@x.example", "without a +"), ("INTAKE_SMTP", "2525", "HOST:PORT"),
    ("INTAKE_SMTP", "h:0", "HOST:PORT"), ("INTAKE_SMTP", "h:99999", "HOST:PORT"), ("INTAKE_SMTP", "h:²", "HOST:PORT"),
    ("INTAKE_CERTIFICATE", "/no/such/file", "no such file"), ("INTAKE_MAILDIR", "/dev/null", "that is no folder"),
    ("BLOBS", "s3://", "s3://BUCKET"), ("KEY_SERVICE", "", "`file` or https://HOST"),
    ("KEY_SERVICE", "https://bao.example", "the path of its transit engine"), ("KEY_SERVICE", "https:///x", "https://HOST"),
    ("KEY_SERVICE", "ftp://bao.example/x", "https://HOST"), ("KEY_SERVICE", "http://bao.example/x", "in clear"),
    ("KEY_SERVICE", "https://u:p@mail.example/x", "file of BAILEE_KEY_SERVICE_TOKEN"),
    ("KEY_SERVICE_COUNTRY", "US", "keys must stay in"), ("KEY_SERVICE_AUTHORITIES", "/no/such/file", "no such file"),
    ("BACKUPS", "backups", "from / on"), ("BACKUP_RECIPIENTS", "age1x", "age1"),
    ("BACKUP_COUNTRY", "US", "backups must stay in"), ("BACKUP_HOURS", "0", "from 1 to 744"),
    ("BACKUP_KEPT_DAYS", "0", "from 1 to"), ("DRILL_DAYS", "367", "from 1 to 366"), ("DRILL_IDENTITY", "id", "from / on"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_what_cannot_be_used_names_its_variable_and_says_what_to_write(tmp_path, name, value, words):
    with pytest.raises(RefusedSettings) as refused:
        load(tmp_path / "data", {f"BAILEE_{name}": value})
    said = [one for one in refused.value.problems if f"BAILEE_{name} " in one]
    assert any(words in one for one in said), refused.value.problems
    assert "p@mail" not in str(refused.value)


def test_backups_are_sealed_to_somebody_and_lie_elsewhere(tmp_path):
    public, _ = age.fresh()
    with pytest.raises(RefusedSettings, match="with BAILEE_BACKUPS goes BAILEE_BACKUP_RECIPIENTS"):
        load(tmp_path / "data", {"BAILEE_BACKUPS": "/backups"})
    within = {"BAILEE_BACKUPS": str(tmp_path / "data" / "backups"), "BAILEE_BACKUP_RECIPIENTS": public}
    with pytest.raises(RefusedSettings, match="lies in the data directory"):
        load(tmp_path / "data", within)
    assert load(tmp_path / "data", within | {"BAILEE_BACKUPS": "/backups"}).backups == "/backups"


def test_what_can_be_used_is_taken_as_it_is(tmp_path):
    pem = tmp_path / "pem"
    pem.write_text("")
    given = {
        "BAILEE_PORT": "65535", "BAILEE_NOTICE_TEXT_DAYS": "36500", "BAILEE_LOG_NAME": "logs.a-b.example",
        "BAILEE_URL": "https://x.example:8443/", "BAILEE_DESTRUCTION_LOGS": "/a, /b", "BAILEE_KEY_STORE_URL": URL,
        "BAILEE_SMTP_URL": "smtps://mail.example:465/", "BAILEE_INTAKE_ADDRESS": "a@x.example",
        "BAILEE_INTAKE_SMTP": "[::]:65535", "BAILEE_INTAKE_CERTIFICATE": str(pem),
        "BAILEE_INTAKE_MAILDIR": str(tmp_path / "later"), "BAILEE_REGION": "DE",
        "BAILEE_CONTROL_URL": "postgresql://u@one.example:5432,two.example:5433/x?sslmode=verify-full",
        "BAILEE_CONTROL_OWNER_URL": "postgresql://u@127.0.0.1:5432,[::1]:5432/x",
    }  # fmt: skip
    settings = load(tmp_path / "data", given)
    assert (settings.origin, settings.port) == ("https://x.example:8443", "65535")
    assert [str(one) for one in settings.destruction_folders] == ["/a", "/b"]


def test_a_key_service_needs_its_token_and_how_long_its_snapshots_are_kept(tmp_path):
    given = {"BAILEE_KEY_SERVICE": "https://bao.example:8200/teams/bailee"}
    with pytest.raises(RefusedSettings) as refused:
        load(tmp_path / "data", given)
    assert [one.split(" ")[0] for one in refused.value.problems] == [
        "BAILEE_KEY_SERVICE_TOKEN", "BAILEE_KEY_SERVICE_KEPT",
    ]  # fmt: skip
    (tmp_path / "token").write_text("s.x")
    given |= {"BAILEE_KEY_SERVICE_TOKEN": str(tmp_path / "token"), "BAILEE_KEY_SERVICE_KEPT": "0"}
    assert load(tmp_path / "data", given).keys_elsewhere
    assert load(tmp_path / "data", given | {"BAILEE_KEY_SERVICE": "http://127.0.0.1:8100/bailee"}).keys_elsewhere
    assert not load(tmp_path / "data", {}).keys_elsewhere


@pytest.mark.parametrize(("text", "words"), [
    (None, "cannot be read"), ("tomorrow", "ISO instant"), ("2026-07-01T12:00:00", "time zone"),
    ("-999999d", "cannot be read"),
])  # fmt: skip
def test_a_clock_that_says_no_time_is_said_before_anything_reads_it(tmp_path, text, words):
    file = tmp_path / "clock"
    if text is not None:
        file.write_text(text)
    with pytest.raises(RefusedSettings) as refused:
        load(tmp_path / "data", {"BAILEE_CLOCK": f"file:{file}"}, sandbox=True)
    assert words in str(refused.value)
    assert "BAILEE_CLOCK" in str(refused.value)


def test_one_file_holds_them_and_a_variable_prevails(tmp_path):
    file = tmp_path / "bailee.toml"
    named = {"BAILEE_SETTINGS": str(file)}
    file.write_text('port = 9000\nregion = "DE"\n')
    settings = load(tmp_path / "data", named | {"BAILEE_REGION": "IT"})
    assert (settings.port, settings.region) == ("9000", "IT")
    for text, words in (
        ("port = [1]", "port in"), ("sandbox = true", "sandbox in"), ("port =", "cannot be read"),
        ("prot = 1", "did you mean BAILEE_PORT?"),
    ):  # fmt: skip
        file.write_text(text)
        with pytest.raises(RefusedSettings) as refused:
            load(tmp_path / "data", named)
        assert words in str(refused.value)
    with pytest.raises(RefusedSettings, match="BAILEE_SETTINGS cannot be read"):
        load(tmp_path / "data", {"BAILEE_SETTINGS": str(tmp_path / "absent")})
