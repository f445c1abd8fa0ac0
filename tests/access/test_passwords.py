import unicodedata

import pytest

from cascadia.access.passwords import NOBODY, Passwords, check_rules
from cascadia.kernel.errors import Invalid


@pytest.mark.parametrize("weak", ("", "elevenchars", "ada.lovelace@example.org", "ADA.LOVELACE", "aaaaaaaaaaaaaaaa", "abababababababab"))
def test_a_password_that_is_easy_to_guess_is_refused(weak: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_rules(weak, "ada.lovelace@example.org")
    assert (refused.value.code, refused.value.errors[0]["pointer"]) == ("weak_password", "/password")


def test_twelve_characters_of_any_kind_are_enough() -> None:
    check_rules("twelve chars", "ada@example.org")


async def test_a_hash_knows_its_password_however_the_keyboard_composed_it() -> None:
    hashed = await Passwords().hash(unicodedata.normalize("NFC", "Zürich–Genève 12"))
    assert hashed.startswith("$argon2id$")
    assert await Passwords().verify(hashed, unicodedata.normalize("NFD", "Zürich–Genève 12"))
    assert not await Passwords().verify(hashed, "Zürich–Genève 13")
    assert not Passwords().is_outdated(hashed)


async def test_nobody_has_no_password_but_costs_the_same() -> None:
    assert not await Passwords().verify(None, "whatever it is")
    assert not Passwords().is_outdated(NOBODY)


async def test_a_damaged_hash_matches_nothing() -> None:
    assert not await Passwords().verify("$argon2id$broken", "whatever it is")
    assert Passwords().is_outdated("$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$hashhashhashhashhashhQ")
