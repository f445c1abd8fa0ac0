"""The receiver of the how-to page, as it stands there."""

import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
from standardwebhooks import Webhook

from cascadia.notify.model import new_secret
from tests.until import wait_until

PAGE = Path(__file__).parents[2] / "docs/how-to/receive-webhooks.md"


def test_the_receiver_on_the_page_takes_what_is_signed_once_and_nothing_else(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    secret = new_secret()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = tmp_path / "receiver.py"
    script.write_text(found[1].replace("whsec_…", secret).replace("8000", str(port)), encoding="utf-8")
    receiver = subprocess.Popen([sys.executable, "-u", str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        body, moment = '{"type":"part.created","data":{"subject":"S1"}}', datetime.now(UTC)
        signed = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", moment, body),
        }
        statuses = [_post(port, body, headers) for headers in (signed, signed, {**signed, "webhook-signature": "v1,AAAA"})]
        assert statuses == [204, 204, 400]
    finally:
        receiver.kill()
        out, _ = receiver.communicate(timeout=10)
    assert out.splitlines() == ["part.created S1"]


def _post(port: int, body: str, headers: dict[str, str]) -> int:
    def answered() -> int | None:
        try:
            return httpx.post(f"http://127.0.0.1:{port}/", content=body, headers=headers, trust_env=False).status_code
        except httpx.ConnectError:
            return None

    status = wait_until(answered, why=lambda: "the receiver does not listen")
    assert status
    return status
