"""What reads are measured against: a route of FastAPI and psycopg with like statements and nothing else, and bytes sent from memory."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import uvicorn
from fastapi import FastAPI, Request, Response
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from pydantic_core import to_json

from cascadia.kernel import coding

WHO = "SELECT s.user_id, u.name, u.email FROM session s JOIN user_account u USING (user_id) WHERE s.expires_at > now() LIMIT 1"
ONE = """
SELECT i.uid, i.number, v.name, v.phase, v.description, v.attributes, v.from_seq, p.code FROM item i
JOIN project p USING (project_id)
JOIN item_v v ON v.item_id = i.item_id AND v.branch_id = 0 AND v.to_seq = 9223372036854775807
WHERE i.uid = %s"""


def bare() -> FastAPI:
    """The application; its database and the folder of its bytes are in the environment."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=2, kwargs={"autocommit": True}) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)
    kept: dict[str, bytes] = {}

    @app.get("/part/{uid}")
    async def part(request: Request, uid: UUID) -> Response:
        async with request.app.state.pool.connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            who = await (await cursor.execute(WHO)).fetchone()
            row = await (await cursor.execute(ONE, (uid,))).fetchone()
        return Response(to_json({"who": who, **(row or {})}), media_type="application/json")

    @app.get("/bytes/{name}")
    async def sent(request: Request, name: str) -> Response:
        if name not in kept:
            kept[name] = (Path(os.environ["BYTES"]) / name).read_bytes()
        body = kept[name]
        chosen = coding.chosen(request.headers.get("accept-encoding"))
        headers = {"Content-Encoding": chosen} if chosen else {}
        return Response(coding.coded(body, chosen) if chosen else body, media_type="application/json", headers=headers)

    return app


if __name__ == "__main__":
    uvicorn.run(
        bare(), host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="warning", access_log=False
    )
