"""One call to a webhook: bounded, pinned to the address that was checked, never inside unless that is allowed."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from standardwebhooks import Webhook

from cascadia.notify import calling
from cascadia.notify.addresses import Inside, is_outside, resolve
from cascadia.notify.calling import Answer, call
from cascadia.notify.model import new_secret, pattern, sign
from tests.notify.receiver import Receiver, huge, packed, slow, squeezed

LOOPBACK = [ip_network("127.0.0.0/8")]


async def to(receiver: Receiver) -> Answer:
    return await call(receiver.url, {"webhook-id": "msg_1"}, b"{}", allowed=LOOPBACK, trust=ssl.create_default_context())


@pytest.mark.parametrize(
    "address",
    (
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::",
        "2001:0:a00:1::", "::127.0.0.1", "::10.0.0.1",
    ),
)  # fmt: skip
def test_addresses_inside_are_refused(address: str) -> None:
    assert not is_outside(ip_address(address))


@pytest.mark.parametrize("address", ("93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"))
def test_addresses_outside_are_taken(address: str) -> None:
    assert is_outside(ip_address(address))


async def test_a_name_that_leads_inside_is_refused() -> None:
    with pytest.raises(Inside, match="WEBHOOK_ALLOWED_NETWORKS"):
        await resolve("localhost", 80)
    assert await resolve("localhost", 80, [*LOOPBACK, ip_network("::1/128")]) in {"127.0.0.1", "::1"}


async def test_a_call_inside_never_leaves() -> None:
    with Receiver() as receiver:
        answer = await call(receiver.url, {}, b"{}", allowed=(), trust=ssl.create_default_context())
    assert (answer.ok, receiver.received) == (False, [])
    assert answer.error == "The address leads inside this network, and WEBHOOK_ALLOWED_NETWORKS does not name that part of it."


async def test_the_answer_is_told() -> None:
    with Receiver([204]) as receiver:
        answer = await to(receiver)
    assert (answer.ok, answer.status, answer.error) == (True, 204, None)
    assert receiver.received[0].headers["host"].startswith("127.0.0.1:")


async def test_redirects_are_not_followed() -> None:
    with Receiver([302]) as receiver:
        answer = await to(receiver)
    assert (answer.ok, answer.status, len(receiver.received)) == (False, 302, 1)


async def test_an_endless_answer_is_cut() -> None:
    with Receiver([huge]) as receiver:
        answer = await to(receiver)
    assert (answer.ok, len(answer.text or "")) == (True, calling.MOST_KEPT)


async def test_an_answer_is_asked_for_unpacked_and_kept_in_words() -> None:
    with Receiver([packed]) as receiver:
        answer = await to(receiver)
    assert (answer.status, answer.text, receiver.received[0].headers["accept-encoding"]) == (400, "no room", "identity")


async def test_an_answer_that_is_packed_all_the_same_is_told_and_not_kept_as_rubbish() -> None:
    with Receiver([squeezed]) as receiver:
        answer = await to(receiver)
    assert (answer.status, answer.text, answer.error) == (400, "(packed as gzip)", "answered 400")


async def test_a_slow_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "CALL_SECONDS", 0.5)
    with Receiver([slow]) as receiver:
        answer = await to(receiver)
    assert answer.error
    assert answer.milliseconds < 3000


async def test_nobody_there_is_told_in_words() -> None:
    with Receiver() as receiver:
        url = receiver.url
    answer = await call(url, {}, b"", allowed=LOOPBACK, trust=ssl.create_default_context())
    assert answer.status is None
    assert answer.error


@pytest.mark.parametrize(
    ("answer", "away"),
    (*((status, True) for status in (429, 502, 503, 504, 507)), *((status, False) for status in (400, 404, 410, 500))),
)
async def test_an_answer_says_whether_the_receiver_is_away_or_does_not_like_it(answer: int, away: bool) -> None:  # noqa: FBT001
    with Receiver([answer]) as receiver:
        found = await to(receiver)
    assert (found.ok, found.status, found.away) == (False, answer, away)


async def test_nobody_there_is_away_and_an_address_that_is_refused_or_none_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver([slow]) as receiver:
        monkeypatch.setattr(calling, "CALL_SECONDS", 0.5)
        assert (await to(receiver)).away
    trust = ssl.create_default_context()
    assert (await call(receiver.url, {}, b"", allowed=LOOPBACK, trust=trust)).away
    assert (await call("http://no-such-host.invalid/", {}, b"", allowed=LOOPBACK, trust=trust)).away
    for url in (receiver.url, "http://a\r\nX: y/", f"http://{'a' * 64}.example/"):
        answer = await call(url, {}, b"", allowed=(), trust=trust)
        assert (answer.away, bool(answer.error)) == (False, True), url


def test_signatures_are_those_of_standard_webhooks() -> None:
    secret, body = new_secret(), b'{"type":"part.changed"}'
    moment = datetime.now(UTC)
    signature = sign(secret, "msg_1", int(moment.timestamp()), body)
    assert signature == Webhook(secret).sign("msg_1", moment, body.decode())


@pytest.mark.parametrize(("glob", "wanted"), (("part.*", "part.%"), ("*", "%"), ("bom_line.changed", "bom\\_line.changed")))
def test_globs_become_patterns(glob: str, wanted: str) -> None:
    assert pattern(glob) == wanted
