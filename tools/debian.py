"""Debian's packages, unpacked into a folder (no root needed) or installed (root). Standard library only: it runs before anything else."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


class NotToBeHad(Exception):
    """A package could not be fetched or installed; the text is apt's own."""


KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def unpack(packages: Sequence[str], wanted: str, target: Path, *, suite: str | None = None) -> None:
    """Copies the files that match `wanted` (a glob over each package's content) flat into `target`.

    `suite`: from another release of Debian (`trixie`), by the mirror that this machine uses.
    """
    with tempfile.TemporaryDirectory(prefix="cascadia-debs-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        _download(packages, folder, suite)
        content = folder / "content"
        for deb in folder.glob("*.deb"):
            _run(["dpkg", "-x", str(deb), str(content)], folder)
        target.mkdir(parents=True, exist_ok=True)
        for found in content.rglob(wanted):
            shutil.copy2(found, target / found.name)


def install(packages: Sequence[str], work: Path) -> None:
    """Installs packages as root; services among them are not started and PostgreSQL makes no cluster."""
    policy, config = Path("/usr/sbin/policy-rc.d"), Path("/etc/postgresql-common/createcluster.conf")
    policy_is_mine = not policy.exists()
    if policy_is_mine:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        policy.chmod(0o755)
    if not config.exists():
        config.parent.mkdir(exist_ok=True)
        config.write_text("create_main_cluster = false\n", encoding="ascii")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", *packages]
    try:
        try:
            _run(command, work)
        except NotToBeHad:
            _run(["apt-get", "update", "-qq"], work)
            _run(command, work)
    finally:
        if policy_is_mine:
            policy.unlink()


def _download(packages: Sequence[str], folder: Path, suite: str | None) -> None:
    """By the machine's own package lists; where they are missing or of another suite, by fresh ones that only this command sees."""
    command = ["apt-get", "download", "-qq", *packages]
    try:
        if suite is None:
            _run(command, folder)
            return
    except NotToBeHad:
        pass
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    private = ["-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache", "-o", "APT::Sandbox::User="]
    if suite is not None:
        (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n", encoding="ascii")
        (folder / "status").touch()
        private += ["-o", f"Dir::Etc::SourceList={folder}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null"]
        private += ["-o", f"Dir::State::status={folder}/status"]
    _run(["apt-get", *private, "update", "-qq"], folder)
    _run([command[0], *private, *command[1:]], folder)


def _mirror() -> str:
    """Where this machine gets Debian's packages from."""
    lists = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for path in lists:
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if found := re.search(r"(?m)^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+/debian)/?(?:\s|$)", text):
            return found[1]
    raise NotToBeHad("no mirror of Debian is configured on this machine")


def _run(command: Sequence[str], folder: Path) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise NotToBeHad(f"{command[0]} is not on this machine") from error
    if done.returncode:
        raise NotToBeHad("\n".join((done.stderr or done.stdout).strip().splitlines()[-4:]))
