"""Commands that run the program itself: `up`, `app`, `worker`, `migrate`, `health`, and those that look after it."""

import os
import sys
from enum import StrEnum
from typing import Annotated, Final

import typer

from cascadia import settings as program_settings
from cascadia.cli.remote.asking import PasswordFile, typed_password
from cascadia.cli.remote.output import printable
from cascadia.kernel import log
from cascadia.settings import Settings, SettingsInvalid

PRIVATE: Final = 0o077
"""What the program makes is for its own account: root's data folder lets others pass, on the way to the database's socket."""


class Part(StrEnum):
    """The two kinds of servers."""

    APP = "app"
    WORKER = "worker"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(up)
    app.command("app")(serve)
    app.command()(worker)
    app.command()(migrate)
    app.command()(health)
    app.command()(scale)
    app.command()(doctor)
    app.command()(reset_password)
    config = typer.Typer(help="The settings of this server.", no_args_is_help=True)
    config.command("check")(check_config)
    app.add_typer(config, name="config")
    history = typer.Typer(help="The history that this server's database holds.", no_args_is_help=True)
    history.command("verify")(verify_history)
    app.add_typer(history, name="history")


def up() -> None:
    """Run everything on this machine: database, app and one worker. Ctrl-C stops it."""
    from cascadia.cli import up as everything  # noqa: PLC0415

    settings = program_settings.load()
    log.configure(settings.log_level, settings.log_format or "text")
    os.umask(PRIVATE)
    everything.run(settings)


def serve(
    socket_number: Annotated[int | None, typer.Option("--socket", hidden=True, help="A bound socket that this process inherits.")] = None,
) -> None:
    """Run one Core App: the API and the interface, until it is told to stop."""
    settings = _for_server()
    from cascadia.cli import app  # noqa: PLC0415

    app.run(settings, socket_number)


def worker() -> None:
    """Run one worker: the jobs of JOB_TYPES, until it is told to stop."""
    _for_server()
    from cascadia import worker as jobs  # noqa: PLC0415

    jobs.main()


def migrate(wait: Annotated[bool, typer.Option("--wait", help="Wait for the database, and say for what.")] = False) -> None:
    """Bring the database to this program's schema; safe to repeat, and at the same time on several servers."""
    settings = _for_server()
    from cascadia.cli.schema import bring_up_to_date  # noqa: PLC0415

    bring_up_to_date(settings.direct_url or "", wait=wait)


def health(part: Annotated[Part, typer.Argument(help="Which of the two runs here.")]) -> None:
    """Ask the app or worker of this machine whether it is ready; ends with 7 where it is not."""
    from cascadia.cli import health as probe  # noqa: PLC0415

    settings = program_settings.load()
    print(probe.check(settings.port if part is Part.APP else settings.health_port))


def scale(
    there: Annotated[int, typer.Option("--there", min=0, help="How many workers there are.")],
    most: Annotated[int, typer.Option("--most", min=1, help="How many there may be.")] = 4,
) -> None:
    """Print how many workers the families of JOB_TYPES need, each with WORKER_CONCURRENCY slots: for a script that scales."""
    settings = _for_server()
    from cascadia.cli import scaling  # noqa: PLC0415

    print(scaling.workers_wanted(settings, there, most))


def check_config() -> None:
    """Look at the settings alone: everything that is wrong with them, at once; nothing is connected to."""
    settings = program_settings.load()
    for name, value in program_settings.shown(settings).items():
        print(f"{name}={value}")


def doctor(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what needs no decision.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at everything that this server depends on; ends with 1 where something does not work."""
    settings = _of_running_program()
    import asyncio  # noqa: PLC0415
    import json  # noqa: PLC0415

    from cascadia.cli.doctor import examine  # noqa: PLC0415

    report = asyncio.run(examine(settings, fix=fix))
    if as_json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        for name, finding in report.findings:
            remedy = f"  → {finding.remedy}" if finding.remedy else ""
            print(f"{finding.status.value:<8} {name:<20} {finding.words}{remedy}")
        for line in report.fixed:
            print(f"fixed    {line}")
    raise typer.Exit(0 if report.healthy else 1)


def verify_history(
    known: Annotated[str | None, typer.Option("--known", metavar="NUMBER:HASH", help="A commit that was noted elsewhere before.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check that nothing of the history and the audit trail was changed, removed or reordered; ends with 1 where something was."""
    settings = _of_running_program()
    from cascadia.cli import history  # noqa: PLC0415

    history.verify(settings.direct_url or "", known, as_json=as_json)


def reset_password(
    email: Annotated[str, typer.Argument(help="The account's address.")],
    password_file: PasswordFile = None,
) -> None:
    """Give an account a new password, on this server and without being signed in; ends its sessions and API tokens."""
    settings = _of_running_program()
    from cascadia.cli import recovery  # noqa: PLC0415

    print(printable(recovery.reset(settings.direct_url or "", email, typed_password(password_file, new=True))))


def _of_running_program() -> Settings:
    """Settings with the database that they name, else that of the `cascadia up` which runs in the data folder."""
    settings = program_settings.load()
    if settings.database_url is not None:
        return settings
    from cascadia.kernel.embedded import running_url  # noqa: PLC0415

    url = running_url(settings.data_dir)
    if url is None:
        raise SettingsInvalid([f"DATABASE_URL is not set, and no `cascadia up` runs in {settings.data_dir}: there is no database here."])
    return settings.model_copy(update={"database_url": url})


def _for_server() -> Settings:
    """Settings of a process that cannot do without a database."""
    settings = program_settings.load()
    if settings.database_url is None:
        raise SettingsInvalid(["DATABASE_URL is not set: name the database, or run everything with `cascadia up`."])
    log.configure(settings.log_level, settings.log_format or ("text" if sys.stderr.isatty() else "json"))
    os.umask(PRIVATE)
    return settings
