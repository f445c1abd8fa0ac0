"""What the fleet's servers find in their folders: settings, the balancer's configuration, a certificate made here."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

NGINX: Final = """\
worker_processes 1;
error_log stderr;
events {}
http {
    access_log off;
    ssl_certificate /balancer/certificate.pem;
    ssl_certificate_key /balancer/key.pem;
    include /balancer/sample.conf;
}
"""


def certificate(folder: Path) -> None:
    """`certificate.pem` and `key.pem` for plm.example.com and loopback, signed by itself."""
    if (folder / "certificate.pem").exists():
        return
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=plm.example.com",
         "-addext", "subjectAltName=DNS:plm.example.com,DNS:localhost,IP:127.0.0.1",
         "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem")],
        check=True, capture_output=True,
    )  # fmt: skip


def write_env(folder: Path, values: Mapping[str, str], base: str = ".env.example") -> None:
    """`.env` from `.env.example` with these values, as a person edits it: known lines are changed, commented ones switched on."""
    lines = (folder / base).read_text(encoding="utf-8").splitlines()
    left = dict(values)
    for at, line in enumerate(lines):
        name = re.match(r"(?:# )?([A-Z][A-Z0-9_]*)=", line)
        if name and name[1] in left:
            lines[at] = f"{name[1]}='{left.pop(name[1])}'"
    lines += [f"{name}='{value}'" for name, value in left.items()]
    path = folder / ".env"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
