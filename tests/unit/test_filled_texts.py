"""The slots of a page's text: what the kit made stays as it is made, and whatever else fills one is escaped."""

from datetime import UTC, datetime

from markupsafe import escape

from bailee.infra.web.pages import _filled, local

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_an_instant_in_a_sentence_is_one_for_the_script_and_a_name_beside_it_is_no_markup():
    said = str(escape(_filled("It's <i> since {at}, by {name}.", {"at": local("en", NOON), "name": "<b>Ada</b>"})))
    assert said == (
        'It&#39;s &lt;i&gt; since <time datetime="2026-07-01T12:00:00Z">1 July 2026, 12:00 UTC</time>, '
        "by &lt;b&gt;Ada&lt;/b&gt;."
    )


def test_a_sentence_of_plain_words_is_escaped_once_where_it_is_shown():
    assert str(escape(_filled("By {name}.", {"name": "<b>"}))) == "By &lt;b&gt;."
    assert _filled("{as it is}", {}) == "{as it is}"
