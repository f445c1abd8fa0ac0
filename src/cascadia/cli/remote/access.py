"""`setup`, `login`, `logout`, `token`, `user`, `role`, `program`, `project`."""

import os
from typing import Annotated, Any

import httpx
import typer

from cascadia import settings as program_settings
from cascadia.access import setup_token
from cascadia.cli.remote.asking import PasswordFile, typed_password
from cascadia.cli.remote.client import Client, Refused, clean_url, read_credentials, signed_in, write_credentials
from cascadia.cli.remote.output import Json, Url, add_group, columns, show

Email = Annotated[str, typer.Option("--email", help="The account's address.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(setup)
    app.command()(login)
    app.command()(logout)
    add_group(
        app, "token", "API tokens: for programs that act for you.", {"create": token_create, "list": token_list, "revoke": token_revoke}
    )
    add_group(
        app,
        "user",
        "People (administrators add them).",
        {"add": user_add, "list": user_list, "change": user_change, "sign-out": user_sign_out},
    )
    add_group(app, "role", "Who is what in a program.", {"grant": role_grant, "revoke": role_revoke})
    add_group(app, "program", "Programs: who may see what.", {"create": program_create, "list": program_list})
    add_group(app, "project", "Projects: what is developed together.", {"create": project_create, "list": project_list})


def _keep_token(client: Client, email: str, session: dict[str, Any], as_json: bool) -> None:
    """Turns the session of `client` into a stored API token."""
    name = f"command line on {os.uname().nodename}"
    token = client.send("POST", "/tokens", {"name": name, "scope": "administer"}, keyed=False)
    client.send("DELETE", "/sessions/current", keyed=False)
    stored = read_credentials()
    write_credentials({"current": client.url, "tokens": {**stored["tokens"], client.url: {"id": token["id"], "secret": token["secret"]}}})
    show({"url": client.url, "user": session["user"]}, as_json, lambda: f"Signed in at {client.url} as {email}.")


def _token_beside(url: str) -> str | None:
    """The token that `cascadia up` left in DATA_DIR. Only a server of this machine is told it."""
    host = httpx.URL(url).host
    return setup_token.find(program_settings.load().data_dir) if host in {"localhost", "127.0.0.1", "::1"} else None


def setup(
    organisation: Annotated[str, typer.Option("--organisation", help="The organisation's name.")],
    email: Email,
    password_file: PasswordFile = None,
    url: Annotated[str, typer.Option("--url", envvar="CASCADIA_URL", help="The server.")] = "http://localhost:3000",
    name: Annotated[str | None, typer.Option("--name", help="Your name.")] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="SETUP_TOKEN", help="The set-up token from the server's log; beside `cascadia up` it is found."),
    ] = None,
    as_json: Json = False,
) -> None:
    """First start: create the administrator, and stay signed in."""
    client = Client(clean_url(url))
    found = token or _token_beside(client.url)
    body = {"organisation": organisation, "email": email, "name": name, "password": typed_password(password_file, new=True), "token": found}
    session = client.send("POST", "/setup", {k: v for k, v in body.items() if v is not None}, keyed=False)
    _keep_token(client, email, session, as_json)


def login(
    email: Email,
    password_file: PasswordFile = None,
    url: Annotated[str, typer.Option("--url", envvar="CASCADIA_URL", help="The server.")] = "http://localhost:3000",
    as_json: Json = False,
) -> None:
    """Sign in; the token is kept for the commands that follow."""
    client = Client(clean_url(url))
    session = client.send("POST", "/sessions", {"email": email, "password": typed_password(password_file)}, keyed=False)
    _keep_token(client, email, session, as_json)


def logout(url: Url = None, as_json: Json = False) -> None:
    """Forget the token of a server and revoke it there, with those that were made with it."""
    stored = read_credentials()
    client = signed_in(url)
    if client.url in stored["tokens"]:
        client.send("DELETE", f"/tokens/{stored['tokens'][client.url]['id']}")
    tokens = {k: v for k, v in stored["tokens"].items() if k != client.url}
    write_credentials({"current": None if stored["current"] == client.url else stored["current"], "tokens": tokens})
    show({"url": client.url}, as_json, lambda: f"Signed out at {client.url}.")


def token_create(
    name: str,
    scope: Annotated[str, typer.Option("--scope", help="read, write, or administer: also people and programs.")] = "write",
    expires: Annotated[str | None, typer.Option("--expires", help="RFC 3339 time; when absent, in 90 days.")] = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make an API token; its secret is shown once. It ends, at the latest, with the one that you are signed in by."""
    token = signed_in(url).send("POST", "/tokens", {"name": name, "scope": scope, "expires_at": expires})
    show(token, as_json, lambda: str(token["secret"]))


def token_list(
    everybody: Annotated[bool, typer.Option("--everybody", help="Those of everybody (administrators).")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """List your API tokens."""
    tokens = list(signed_in(url).pages("/tokens", everybody=everybody or None))
    rows = [
        (t["id"], t["name"], *([t["user"]["email"]] if everybody else []), t["scope"], t["created_at"], t["expires_at"], t["last_used_at"])
        for t in tokens
    ]
    names = ("ID", "NAME", *(["OF"] if everybody else []), "SCOPE", "CREATED", "ENDS", "LAST USED")
    show(tokens, as_json, lambda: columns(names, rows))


def token_revoke(token_id: str, url: Url = None, as_json: Json = False) -> None:
    """Revoke an API token of yours, or as an administrator anybody's, with those that were made by it."""
    signed_in(url).send("DELETE", f"/tokens/{token_id}")
    show({"id": token_id}, as_json, lambda: "Revoked.")


def user_add(
    email: str,
    password_file: PasswordFile = None,
    name: Annotated[str | None, typer.Option("--name", help="The person's name; the address when absent.")] = None,
    administrator: Annotated[bool, typer.Option("--administrator", help="May add users and programs.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Add a user with a first password."""
    body = {
        "email": email,
        "name": name or email.partition("@")[0],
        "password": typed_password(password_file, new=True),
        "administrator": administrator,
    }
    user = signed_in(url).send("POST", "/users", body)
    show(user, as_json, lambda: f"Added {user['email']} ({user['id']}).")


def user_list(url: Url = None, as_json: Json = False) -> None:
    """List the users."""
    users = list(signed_in(url).pages("/users"))
    rows = [(u["email"], u["name"], "administrator" if u["administrator"] else "", "" if u["active"] else "inactive") for u in users]
    show(users, as_json, lambda: columns(("EMAIL", "NAME", "", ""), rows))


def user_change(
    email: str,
    administrator: Annotated[bool, typer.Option("--administrator/--no-administrator", help="Whether it is an administrator's.")],
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make a user an administrator, or take that away (administrators); one active administrator is always left."""
    client = signed_in(url)
    user = client.send("PATCH", f"/users/{_user(client, email)['id']}", {"administrator": administrator})
    show(user, as_json, lambda: f"{user['email']} is {'an' if user['administrator'] else 'no'} administrator.")


def user_sign_out(email: str, url: Url = None, as_json: Json = False) -> None:
    """End every session and API token of an account, everywhere: yours, or as an administrator anybody's."""
    client = signed_in(url)
    ended = client.send("POST", f"/users/{_user(client, email)['id']}/sign-out")
    show(ended, as_json, lambda: f"Ended {ended['sessions']} sessions and {ended['tokens']} API tokens of {email}.")


def _user(client: Client, email: str) -> dict[str, Any]:
    found = [u for u in client.pages("/users") if u["email"].lower() == email.lower()]
    if not found:
        raise Refused(f"There is no user {email}. Add one with: cascadia user add {email}")
    return dict(found[0])


def role_grant(
    email: str,
    role: Annotated[str, typer.Argument(help="viewer, engineer, approver or lead")],
    program: Annotated[str, typer.Option("--program", help="The program's code.")],
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Give a user a role in a program."""
    client = signed_in(url)
    place = client.get(f"/programs/by-code/{program}")
    granted = client.send("PUT", f"/programs/{place['id']}/roles/{_user(client, email)['id']}", {"role": role})
    show(granted, as_json, lambda: f"{email} is {role} in {program}.")


def role_revoke(
    email: str,
    program: Annotated[str, typer.Option("--program", help="The program's code.")],
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Take a user's role in a program away."""
    client = signed_in(url)
    place = client.get(f"/programs/by-code/{program}")
    client.send("DELETE", f"/programs/{place['id']}/roles/{_user(client, email)['id']}")
    show({"email": email, "program": program}, as_json, lambda: f"{email} has no role in {program} any more.")


def program_create(code: str, name: Annotated[str | None, typer.Option("--name")] = None, url: Url = None, as_json: Json = False) -> None:
    """Make a program; you become its lead."""
    program = signed_in(url).send("POST", "/programs", {"code": code, "name": name or code})
    show(program, as_json, lambda: f"Made program {program['code']}.")


def program_list(url: Url = None, as_json: Json = False) -> None:
    """List the programs that you may see."""
    programs = list(signed_in(url).pages("/programs"))
    show(programs, as_json, lambda: columns(("CODE", "NAME", "YOUR ROLE"), [(p["code"], p["name"], p["role"]) for p in programs]))


def project_create(
    code: str,
    program: Annotated[str, typer.Option("--program", help="The program's code or name; made when it is new.")],
    name: Annotated[str | None, typer.Option("--name", help="The project's name; the code when absent.")] = None,
    library: Annotated[bool, typer.Option("--library", help="Readable by everybody.")] = False,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Make a project, and its program when that is new."""
    client = signed_in(url)
    known = [p for p in client.pages("/programs") if program.lower() in (p["code"].lower(), p["name"].lower())]
    place = known[0] if known else client.send("POST", "/programs", {"code": program, "name": program})
    body = {"code": code, "name": name or code, "program": place["id"], "library": library}
    project = client.send("POST", "/projects", body)
    show(project, as_json, lambda: f"Made project {project['code']} in program {place['code']}.")


def project_list(url: Url = None, as_json: Json = False) -> None:
    """List the projects that you may see."""
    projects = list(signed_in(url).pages("/projects"))
    rows = [(p["code"], p["name"], p["program"]["code"], "library" if p["library"] else "") for p in projects]
    show(projects, as_json, lambda: columns(("CODE", "NAME", "PROGRAM", ""), rows))
