import asyncio
import sys
import unicodedata
from contextlib import AsyncExitStack
from types import FrameType

import pytest

from cascadia.access.passwords import EVERYBODY, NOBODY, STRANGERS, Passwords, weakness
from cascadia.kernel.errors import Invalid, Unavailable

ABOUT = ("Acme Robotics", "ada.lovelace@example.org", "Ada Lovelace")
COMMON = ("password1234", "123456789012", "qwertyuiopas", "Passw0rd!2026", "iloveyouiloveyou", "aaaaaaaaaaaaaaaa", "abababababababab")
KNOWN = ("Cascadia1234", "ada.lovelace@example.org", "ADA.LOVELACE1", "Lovelace1234", "acmerobotics1")


@pytest.mark.parametrize("weak", ("", "elevenchars", *COMMON, *KNOWN))
async def test_a_password_that_is_easy_to_guess_is_refused(weak: str) -> None:
    with pytest.raises(Invalid) as refused:
        await Passwords().check(weak, ABOUT)
    assert (refused.value.code, refused.value.errors[0]["pointer"]) == ("weak_password", "/password")


@pytest.mark.parametrize("strong", ("twelve chars", "a long password of mine", "vhR7_qK2-ppX", "x7" + "long and odd " * 70))
async def test_what_nobody_guesses_is_taken_whatever_its_characters(strong: str) -> None:
    await Passwords().check(strong, ABOUT)


SIGNS = "4@e3i1!o0s$5t+7b8g69c({[<x%z2l|"
CALLS = 200_000


def calls_while_judging(password: str) -> int:
    """How many functions are called, until that is too many."""
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}
        if calls > CALLS:
            sys.setprofile(None)
            raise OverflowError(password)

    weakness("whatever it is", ABOUT)
    sys.setprofile(count)
    try:
        assert weakness(password, ABOUT) is None
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("password", (SIGNS * 3, SIGNS[:24], "4@8({[<3691!|70$5+%2" * 4, "a55<12l08t813<9t49{|b8@i23" * 3))
def test_no_password_takes_long_to_judge_whatever_its_signs(password: str) -> None:
    assert calls_while_judging(password) < CALLS


@pytest.mark.parametrize("weak", ("P@$$w0rd1234", "1l0v3y0u1l0v3y0u"))
async def test_signs_for_letters_do_not_make_a_common_password_strong(weak: str) -> None:
    with pytest.raises(Invalid):
        await Passwords().check(weak, ABOUT)


async def test_passwords_of_many_are_judged_each_by_what_is_known_of_its_person() -> None:
    about = [f"quetzalcoatlus{number:03}" for number in range(40)]
    answers = await asyncio.gather(*(Passwords().check(name, (name,)) for name in about), return_exceptions=True)
    assert [isinstance(answer, Invalid) for answer in answers] == [True] * 40


async def test_strangers_leave_places_to_those_who_are_known_and_the_rest_is_sent_away() -> None:
    passwords = Passwords()
    async with AsyncExitStack() as taken:
        for _ in range(STRANGERS):
            await taken.enter_async_context(passwords.turn(known=False))
        with pytest.raises(Unavailable) as refused:
            await taken.enter_async_context(passwords.turn(known=False))
        assert (refused.value.code, refused.value.retry_after) == ("busy", 2)
        for _ in range(EVERYBODY - STRANGERS):
            await taken.enter_async_context(passwords.turn(known=True))
        with pytest.raises(Unavailable):
            await taken.enter_async_context(passwords.turn(known=True))
    async with passwords.turn(known=False):
        assert await passwords.verify(None, "whatever it is") is False


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
