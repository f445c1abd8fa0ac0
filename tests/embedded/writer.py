"""Starts the embedded database of a folder and writes as fast as it can; prints each number after its commit was answered."""

import sys
import threading
from pathlib import Path

import psycopg

from cascadia.kernel.embedded import start

WRITERS = 6


def write(url: str, writer: int) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        number = writer
        while True:
            connection.execute("INSERT INTO written (number, filler) VALUES (%s, repeat('x', 2000))", (number,))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            number += WRITERS


def main() -> None:
    embedded = start(Path(sys.argv[1]))
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS written (number bigint PRIMARY KEY, filler text NOT NULL)")
    sys.stdout.write(f"pid {embedded.process.pid}\n")
    sys.stdout.flush()
    threads = [threading.Thread(target=write, args=(embedded.url, writer)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
