"""Twelve servers start at once against empty services: one schema, one bucket, one topology, one set-up token."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import aio_pika
import psycopg
import pytest
from psycopg import sql

from cascadia.jobs.permits import declared
from cascadia.kernel.db import Database
from cascadia.kernel.embedded import Embedded
from cascadia.kernel.embedded.cluster import SUPERUSER
from cascadia.kernel.ids import new_uid
from cascadia.kernel.instance import instance_of
from cascadia.kernel.s3 import NotOurs, S3Store
from cascadia.kernel.s3_parts import Place
from tests.conftest import with_database
from tests.rabbitmq import Node, free_port
from tests.s3 import ACCESS, SECRET, S3Server

APPS, WORKERS = 6, 6
READY_SECONDS = 240
pytestmark = pytest.mark.needs("rabbitmq")


@pytest.fixture
def services(postgres: Embedded, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty database, an empty broker and a store without a bucket, as the environment names them."""
    name = f"twelve_{uuid4().hex}"
    admin = with_database(postgres.url, "postgres", SUPERUSER)
    owner = sql.Identifier(parse_qs(urlsplit(postgres.url).query)["user"][0])
    with psycopg.connect(admin, autocommit=True) as connection, ExitStack() as running:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), owner))
        store, node = S3Server(), Node()
        for service in (store, node):
            running.callback(service.close)
            service.start()
        yield {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": with_database(postgres.url, name),
            "RABBITMQ_URL": node.url,
            "S3_ENDPOINT": store.endpoint,
            "S3_BUCKET": "twelve",
            "S3_ACCESS_KEY": ACCESS,
            "S3_SECRET_KEY": SECRET,
            "DATABASE_POOL_SIZE": "4",
            "LOG_FORMAT": "json",
        }
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=3) as answer:
            return bool(json.load(answer)["degraded"] == [])
    except OSError:
        return False


def test_they_end_with_one_of_everything(services: dict[str, str], tmp_path: Path) -> None:
    ports = [free_port() for _ in range(APPS + WORKERS)]
    commands = [*(["app"] for _ in range(APPS)), *(["worker"] for _ in range(WORKERS)), *(["migrate", "--wait"] for _ in range(2))]
    processes, logs = [], []
    for number, command in enumerate(commands):
        logs.append(tmp_path / f"{number}-{command[0]}.log")
        listens = dict.fromkeys(("PORT", "HEALTH_PORT"), str(ports[number])) if number < len(ports) else {}
        data = {"DATA_DIR": str(tmp_path / str(number)), **listens}
        with logs[-1].open("wb") as log:
            run = [sys.executable, "-m", "cascadia.cli", *command]
            processes.append(subprocess.Popen(run, env={**services, **data}, stdout=log, stderr=log, start_new_session=True))
    try:
        deadline = time.monotonic() + READY_SECONDS
        while left := [port for port in ports if not is_ready(port)]:
            assert time.monotonic() < deadline, [logs[ports.index(port)].read_text()[-500:] for port in left]
            time.sleep(0.5)
        assert [process.wait(30) for process in processes[len(ports) :]] == [0, 0]
        asyncio.run(one_of_everything(services))
    finally:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        ended = [process.wait(180) for process in processes]
    assert ended == [0] * len(commands), [log.read_text()[-500:] for log in logs]
    text = "".join(log.read_text() for log in logs)
    assert len(set(re.findall(r'"token": ?"([^"]+)"', text))) == 1
    assert "Traceback" not in text


async def one_of_everything(services: dict[str, str]) -> None:
    async with Database(services["DATABASE_URL"], size=2) as database, database.primary() as primary:
        assert await primary.value("SELECT count(*) FROM schema_state") == 1
        instance = await instance_of(database)
    place = Place("twelve", services["S3_ENDPOINT"], access_key=ACCESS, secret_key=SECRET)
    await S3Store(place).prepare(instance)
    with pytest.raises(NotOurs):
        await S3Store(place).prepare(new_uid())
    connection = await aio_pika.connect(services["RABBITMQ_URL"])
    async with connection:
        channel = await connection.channel()
        for family in ("conversion.cad", "export", "vault"):
            queue = await declared(channel, instance, family)
            assert (queue.declaration_result.consumer_count or 0) == WORKERS
