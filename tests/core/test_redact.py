import base64
import html
import itertools
import json
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url

from assay.core import redact
from assay.core.redact import (
    MASK,
    Secret,
    hidden,
    hide,
    password_of,
    remember,
    remember_place,
    scrubbed,
    without_password,
)

KEY = "sk/te+st-0123456789&<q>"
KEYS = st.text(string.ascii_letters + string.digits + "-_./+=", min_size=10, max_size=40).filter(
    lambda key: not set(key.casefold()) <= set("123456789abcdef") and "***" not in key
)
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "slashes escaped": lambda key: key.replace("/", "\\/"),
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "unicode escapes": lambda key: "".join(f"\\u{ord(c):04X}" for c in key),
    "one unicode escape": lambda key: f"\\u{ord(key[0]):04x}{key[1:]}",
    "hexadecimal escapes": lambda key: "".join(f"\\x{ord(c):02x}" for c in key),
    "escapes of escapes": lambda key: "".join(f"\\\\u{ord(c):04x}" for c in key),
    "percent": lambda key: quote(key, safe=""),
    "every letter in percent": lambda key: "".join(f"%{ord(c):02x}" for c in key),
    "percent twice": lambda key: quote(quote("/" + key, safe=""), safe=""),
    "HTML": html.escape,
    "HTML numbers": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "HTML hexadecimal": lambda key: "".join(f"&#x{ord(c):X};" for c in key),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}\n".encode()).decode(),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"u:{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
}


@settings(max_examples=25)
@pytest.mark.parametrize("spelling", SPELLINGS)
@given(KEYS, st.sampled_from(["", "a text ", "100% \\ & "]))
def test_a_key_is_hidden_in_any_spelling(spelling: str, key: str, before: str) -> None:
    spelt = SPELLINGS[spelling](key)
    described = Secret(key).out_of(f"{before}«{spelt}» and more")
    assert spelt not in described
    assert key not in described
    assert MASK in described
    assert described.endswith("and more") or described == MASK


@pytest.mark.parametrize("key", ["sk/te+st-0123456789", "sk-0123+/9", "se/+cret"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_text_that_is_the_key_and_nothing_else_is_hidden(spelling: str, key: str) -> None:
    spelt = SPELLINGS[spelling](key)
    described = Secret(key).out_of(spelt)
    assert spelt not in described
    assert MASK in described


@given(st.text())
def test_a_text_without_the_key_stays_as_it_is(text: str) -> None:
    assert Secret(KEY).out_of(text) == text


def test_a_key_that_is_a_short_word_is_no_part_of_other_words() -> None:
    assert Secret("simple").out_of("simple, simpler; \\u0073imple") == f"{MASK}, simpler; {MASK}"


def test_long_texts_of_escapes_are_gone_through_once() -> None:
    for text in ("\\" * 300_000, "%25" * 100_000, "&#0" * 100_000, "\\u0073" * 50_000):
        assert Secret(KEY).out_of(text) == text


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_SECRETS", [])
    monkeypatch.setattr(redact, "_PLACES", {})


@pytest.mark.usefixtures("nothing_known")
def test_all_texts_of_a_reply_are_hidden() -> None:
    remember(KEY)
    assert scrubbed({KEY: [1, None, f"x{KEY}", {"a": KEY}]}) == {
        MASK: [1, None, f"x{MASK}", {"a": MASK}]
    }


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(
    "keys", list(itertools.permutations(["0123456789", "sk-0123456789abc", "another-1"]))
)
def test_a_key_that_is_a_part_of_another_leaves_nothing_of_it(keys: tuple[str, ...]) -> None:
    for key in (*keys, keys[0]):
        remember(key)
    assert hide("Bearer sk-0123456789abc, 0123456789") == f"Bearer {MASK}, {MASK}"


PASSWORDS = ["hunter2", "pa/ss", "p:a:s:s", "pa?ss", "pa#ss", "pa ss", "p@ss", "p%40ss", "a&b=c"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "place",
    [
        "postgresql+psycopg://me:{}@host:5432/db?sslmode=require",
        "postgresql://me@corp:{}@/db",
        "http://me:{}@host/v1",
    ],
)
def test_a_password_before_the_host_is_hidden(password: str, place: str) -> None:
    shown = hidden(place.format(password))
    assert password not in shown
    assert shown == place.format("***")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("password=hunter2", "password=***"),
        ("user=me&password=hunter2&sslmode=require", "user=me&password=***&sslmode=require"),
        ("%70assword=hunter2", "%70assword=***"),
        ("PASSWORD=hunter2", "PASSWORD=***"),
        ("sslpassword=hunter2", "sslpassword=***"),
        ("password=a&hunter2&x=1", "password=***&x=1"),
        ("options=-c%20password%3Dhunter2", "options=***"),
        ("api_key=hunter2", "api_key=***"),
        ("sslmode=require", "sslmode=require"),
        ("password=", "password="),
    ],
)
def test_a_password_among_the_options_is_hidden(query: str, shown: str) -> None:
    assert hidden(f"postgresql://host/db?{query}") == f"postgresql://host/db?{shown}"


@given(st.text(string.printable.replace("@", ""), min_size=4).filter(lambda p: p not in "db host"))
def test_what_the_database_takes_for_the_password_is_not_shown(password: str) -> None:
    place = f"postgresql://me:~{password}~@host/db"
    assert (make_url(place).password or "") != ""
    assert f"~{password}~" not in hidden(place)


def test_what_a_driver_says_of_an_address_is_without_its_password() -> None:
    place = "postgresql://me:p%2Fw@host/db"
    assert without_password(f"cannot reach {place} with p/w (p%2Fw)", place) == (
        "cannot reach postgresql://me:***@host/db with *** (***)"
    )


@pytest.mark.usefixtures("nothing_known")
def test_what_is_shorter_than_six_characters_is_no_key() -> None:
    remember("none5")
    assert hide("a none5 b") == "a none5 b"
    remember("secre6")
    assert hide("a secre6 b") == f"a {MASK} b"


@pytest.mark.parametrize(
    ("key", "text", "described"),
    [
        ("abcdefg", "xabcdefgx abcdefg", f"xabcdefgx {MASK}"),  # a word of its own
        ("abcdefgh", "xabcdefghx", f"x{MASK}x"),
        ("abc", "616263", "616263"),  # too short to be told from another number
        ("abcd", "61626364", MASK),
        ("jklm", "6A6B6C6D", MASK),
        ("simple", "a %20simple b", MASK),  # there, in a way that no pattern finds
        ("sk-\U0010ffff-1234", "sk-&#1114111;-1234", MASK),
        ("sk-\U0010ffff-1234", "&#1114112;", "&#1114112;"),
        ("sk-key-123", "&#x110000;sk-key-123", f"&#x110000;{MASK}"),
        ("sk-key-123", "SK-KEY-123", "SK-KEY-123"),
    ],
)
def test_a_key_is_found_as_what_it_is(key: str, text: str, described: str) -> None:
    assert Secret(key).out_of(text) == described


@pytest.mark.parametrize("skip", range(3))
@pytest.mark.parametrize("length", [12, 13, 14])
def test_all_of_a_key_in_base64_is_hidden_and_what_stands_beside_it_is_not(
    skip: int, length: int
) -> None:
    key = "sk-0123456789ab"[:length]
    coded = base64.b64encode(b"ab"[:skip] + key.encode()).decode()
    before, after = (0, 2, 3)[skip], (0, 3, 2)[(skip + length) % 3]
    shown = coded[:before] + MASK + coded[len(coded) - after :]
    assert Secret(key).out_of(coded) == shown


@pytest.mark.parametrize(
    ("place", "password"),
    [
        ("postgresql://me:pw@host/db", "pw"),
        ("postgresql://me:p@w@host/db", "p@w"),
        ("postgresql://me:@host", ""),
        ("postgresql://me@host/db", None),
        ("me:pw@host", None),
    ],
)
def test_the_password_of_an_address(place: str, password: str | None) -> None:
    assert password_of(place) == password


def test_a_path_has_no_password() -> None:
    assert hidden("a.sqlite?password=x") == "a.sqlite?password=x"
    assert hidden("C:me@x") == "C:me@x"


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("at {}!", "at postgresql://me:***@host/d?password=***&x=1!"),
        ("postgresql:/me:pä\\ss/wd", "postgresql:/me:***"),
        ("option password=hunter2 is wrong", "option password=*** is wrong"),
        ("nothing: x=1, me, host", "nothing: x=1, me, host"),
        (repr("/me:pä\\ss/wd"), "'/me:***'"),
        (json.dumps("/me:pä\\ss/wd"), '"/me:***"'),
        (quote("/me:pä\\ss/wd"), "/me:***"),
    ],
)
def test_an_address_that_is_known_is_hidden_whole_and_in_parts(text: str, described: str) -> None:
    place = "postgresql://me:pä\\ss/wd@host/d?password=hunter2&x=1"
    remember_place(place)
    assert hide(text.format(place)) == described


@pytest.mark.usefixtures("nothing_known")
def test_of_two_addresses_the_longer_is_hidden_first() -> None:
    remember_place("db://me:pw@h")
    remember_place("db://me:pw@h/x@y")
    assert hide("db://me:pw@h/x@y and db://me:pw@h") == "db://me:***@y and db://me:***@h"


@pytest.mark.usefixtures("nothing_known")
def test_a_path_is_nothing_to_hide() -> None:
    remember_place("/home/me:x@y/l.sqlite")
    assert hide("/home/me:x@y/l.sqlite") == "/home/me:x@y/l.sqlite"


def test_without_a_password_nothing_is_taken_out() -> None:
    said = "cannot reach h"
    assert without_password(said, "postgresql://me@h/db") == said
    assert without_password(said, "postgresql://me:h@h/db") == said  # the word stands there anyway
    place = "postgresql://me:h@h/db"  # the address itself is told without it
    assert without_password(f"no {place}", place) == "no postgresql://me:***@h/db"
    # the longer spelling first, of which the other is a part
    assert without_password("no %3222", "postgresql://me:%3222@h/db") == "no ***"
