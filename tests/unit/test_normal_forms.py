"""Every field of a profile has one normal form, or a reason; hostile text has none."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from bailee.processing.accounts import normal_forms as forms
from bailee.processing.accounts import word_lists
from bailee.vault.profile import TYPE


@pytest.mark.parametrize(
    ("form", "given", "kept"),
    [
        (forms.phone, "01 23 45 67 89", "+33123456789"),
        (forms.phone, "0033 1 23 45 67 89", "+33123456789"),
        (forms.phone, "+1 (415) 555-2671", "+14155552671"),
        (forms.country, "Royaume-Uni", "GB"),
        (forms.country, "the netherlands", "NL"),
        (forms.country, "FRA", "FR"),
        (forms.country, "Côte d’Ivoire", "CI"),
        (forms.language, "français", "fr"),
        (forms.language, "fr_FR", "fr-FR"),
        (forms.language, "zh-hant-tw", "zh-Hant-TW"),
        (forms.email, "Élodie@Exämple.FR", "Élodie@exämple.fr"),
        (forms.email, "a@xn--exmple-cua.fr", "a@exämple.fr"),
        (forms.title, "madame", "Mme"),
        (forms.title, "Mr", "Mr"),
        (forms.title, "Graf", "Graf"),
        (forms.line, "Rene\u0301", "Ren\u00e9"),
        (forms.line, "  de   la  Tour ", "de la Tour"),
        (forms.line, "דוד", "דוד"),
    ],
)
def test_what_people_write_becomes_one_form(form, given, kept):
    assert form(given) == kept
    assert form(kept) == kept, "a normal form is its own"


@pytest.mark.parametrize(
    ("form", "given", "code"),
    [
        (forms.phone, "12", "not-a-number"),
        (forms.phone, "+33 1 23 45 67 89 ext 5", "extension"),
        (forms.country, "Atlantis", "unknown-country"),
        (forms.language, "xx-XX", "unknown-language"),
        (forms.email, "a@b", "not-an-address"),
        (forms.email, "a\r\nBcc: b@c.fr", "several-lines"),
        (forms.line, "a\u202eb", "direction-override"),
        (forms.line, "a\x00b", "control-character"),
        (forms.line, "a\u200bb", "invisible-character"),
        (forms.line, "x" * 201, "too-long"),
        (forms.line, " ", "empty"),
        (forms.groups, "king", "unknown-group"),
    ],
)
def test_what_has_no_form_has_a_reason_that_quotes_nothing(form, given, code):
    with pytest.raises(forms.NotNormal) as refused:
        form(given)
    assert refused.value.code == code
    assert str(refused.value) == code


def test_a_line_of_fields_fits_the_profile_or_tells_every_problem():
    done = forms.normalise(
        {"title": "mr", "email": "A@EXAMPLE.fr", "phone": "020 7946 0958", "postal_address.country": "UK",
         "language": "anglais", "group": "Salarié; partenaire", "family_name": "O’Neill", "company": ""},
    )  # fmt: skip
    assert done.problems == []
    assert TYPE.check(done.profile)["phone"] == "+442079460958", "the region is the line's own country"
    assert (done.profile["title"], done.groups) == ("Mr", {"employee", "partner"})
    bad = forms.normalise({"phone": "x", "email": "y", "postal_address.country": "z"})
    assert {field for field, _ in bad.problems} == {"phone", "email", "postal_address.country", "group"}


@pytest.mark.parametrize(("code", "english", "french"), [
    ("FR", "France", "France"), ("DE", "Germany", "Allemagne"), ("CZ", "Czechia", "Tchéquie"), ("XK", "XK", "XK"), ("•••", "•••", "•••"),
])  # fmt: skip
def test_a_country_is_called_by_its_name(code: str, english: str, french: str) -> None:
    assert word_lists.country_called(code, "en") == english
    assert word_lists.country_called(code, "fr") == french


@pytest.mark.parametrize(("tag", "english", "french"), [
    ("fr", "French", "Français"), ("es", "Spanish", "Espagnol"), ("el", "Modern Greek", "Grec moderne"),
    ("pt-BR", "Portuguese (Brazil)", "Portugais (Brésil)"), ("•••", "•••", "•••"), ("", "", ""),
])  # fmt: skip
def test_a_language_is_called_by_its_name(tag: str, english: str, french: str) -> None:
    assert word_lists.language_called(tag, "en") == english
    assert word_lists.language_called(tag, "fr") == french


def known(text: str) -> str:
    """What the library makes of an address, by itself."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return "not-an-address"


def ours(text: str) -> str:
    try:
        return forms.email(text)
    except forms.NotNormal as problem:
        return problem.code


@settings(max_examples=300, deadline=None)
@given(
    st.text("aZ09._+-@", min_size=1, max_size=12) | st.sampled_from(["a" * 64, "a" * 65, "Postmaster", "postmaster"]),
    st.sampled_from(
        ["a.example", "A.Example", "b", "xn--exmple-cua.fr", "a..fr", "-a.fr", "a.fr.", "[10.0.0.1]", "a@b.fr", ""]
    )
    | st.text("aZ09.-", min_size=1, max_size=12)
    | st.just(".".join(["a" * 60] * 3) + ".fr"),
)
def test_the_short_way_to_an_address_leads_where_the_long_one_does(mailbox, domain):
    assert ours(f"{mailbox}@{domain}") == known(f"{mailbox}@{domain}")
