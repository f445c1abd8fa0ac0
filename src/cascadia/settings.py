"""Every setting of the program, read once at start from the environment.

The names are those of the fields in capitals. Each can also be given as `NAME_FILE`, the path of a file that holds the value. An
empty value counts as absent. `docs/reference/configuration.md` is generated from this class.
"""

import os
import re
from collections.abc import Mapping
from fractions import Fraction
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, ValidationError, model_validator

from cascadia import ports

Network = IPv4Network | IPv6Network
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[int, Field(ge=0, le=3600)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
LogFormat = Literal["json", "text"]

OWN_PREFIXES: Final = (
    "CLIENT_IP_",
    "CONNECTIONS_",
    "DATABASE_",
    "METRICS_",
    "RABBITMQ_",
    "S3_",
    "SETUP_",
    "SMTP_",
    "STORAGE_",
    "TRUSTED_",
    "WEBHOOK_",
    "WORKER_",
)
"""An unknown name that begins like this is a spelling mistake, not somebody else's variable."""

BROKER_HOST: Final = r"(?:\[[0-9A-Fa-f:.]+\]|[^@/?#:,\[\]\s]+)(?::\d{1,5})?"
RABBITMQ_ADDRESS: Final = re.compile(rf"amqps?://([^@/]*@)?{BROKER_HOST}(,{BROKER_HOST})*(/[^/?#]*)?")
AMOUNT_OF_BYTES: Final = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([A-Za-z]+)?")
KUBERNETES_LINK: Final = re.compile(r"_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(ADDR|PORT|PROTO))?)?)$")
"""Names that Kubernetes makes for every service of a namespace, `DATABASE_SERVICE_HOST` for one called `database`."""


class SettingsInvalid(Exception):
    """The environment cannot be used; `problems` has one sentence for each reason, all found at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def whole_bytes(value: object) -> object:
    """The bytes that a text such as `50GiB`, `1.5 TB` or `1000` names; refuses one that is not read to its end, and parts of a byte.

    `ByteSize` alone reads `1,5GB` as one byte.
    """
    if not isinstance(value, str):
        return value
    read = AMOUNT_OF_BYTES.fullmatch(value.strip())
    unit = ByteSize.byte_sizes.get((read[2] or "b").lower()) if read else None
    if read is None or unit is None:
        raise ValueError("must be an amount of bytes such as 50GiB, 1.5TB or 1000, without commas")
    size = Fraction(read[1]) * Fraction(unit)
    if size.denominator != 1:
        raise ValueError("must be whole bytes")
    return int(size)


Bytes = Annotated[ByteSize, BeforeValidator(whole_bytes)]


def _database_url(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return value


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://plm.example.org, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _rabbitmq_url(value: str) -> str:
    if not RABBITMQ_ADDRESS.fullmatch(value):
        raise ValueError("must be an address such as amqp://user:password@host:5672/vhost; several hosts are separated by commas")
    return value


def _smtp_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("must be an address such as smtp://user:password@mail.example.org:587")
    return value


def _networks(value: str | tuple[Network, ...]) -> tuple[Network, ...]:
    if isinstance(value, tuple):
        return value
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be addresses or networks separated by commas; {error}") from None


def default_data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """`/var/lib/cascadia` for root; for others `cascadia` in the folder that the desktop names for data."""
    if os.geteuid() == 0:
        return Path("/var/lib/cascadia")
    return Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "cascadia"


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


class Settings(BaseModel):
    """What an operator decides. Made by `load`; a field's description is its documentation."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="PostgreSQL 15 to 18 as a libpq URL; several hosts and `sslmode` are allowed. `cascadia up` without it starts a "
        "PostgreSQL of its own in `DATA_DIR`; every other command needs it.",
    )
    database_direct_url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="The same database without a pooler in between, for migrations and for listening to notifications. Absent: "
        "`DATABASE_URL`.",
    )
    database_pool_size: int = Field(default=10, ge=1, le=1000, description="Most connections that one process keeps to the database.")
    rabbitmq_url: Annotated[str, AfterValidator(_rabbitmq_url)] | None = Field(
        default=None,
        repr=False,
        description="RabbitMQ 3.10 or newer as `amqp://user:password@host:5672/vhost` (`amqps` for TLS), several hosts of a cluster "
        "separated by commas. It carries the word that there is work to the workers; app servers and workers share it. Absent: "
        "PostgreSQL does that too.",
    )
    ca_bundle: Path | None = Field(
        default=None,
        description="A file of certificates (PEM) of authorities to trust besides the system's, for RabbitMQ, S3, mail and webhooks.",
    )
    s3_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/?$",
        description="The S3-compatible store of files, such as `http://storage:9000`. Absent, with `S3_BUCKET` absent too: files lie in "
        "`DATA_DIR`.",
    )
    s3_bucket: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="The bucket, made where it is missing; it belongs to one Cascadia alone. Absent: `cascadia`.",
    )
    s3_region: str = Field(default="us-east-1", description="The region that requests are signed for.")
    s3_access_key: str | None = Field(
        default=None, repr=False, description="The key that opens the bucket. Absent: the machine's own role."
    )
    s3_secret_key: str | None = Field(default=None, repr=False, description="The secret of `S3_ACCESS_KEY`.")
    s3_path_style: bool = Field(
        default=True, description="Whether the bucket stands in the path (`true`, most stores) or in the host name (`false`)."
    )
    s3_public_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+/?$",
        description="Where browsers reach the same store: downloads of files are then links that are valid for some minutes, and their "
        "bytes pass by the app servers. Absent: bytes go through the app.",
    )
    storage_reserve: Bytes = Field(
        default=ByteSize(1024**3),
        description="Bytes that uploads leave free on the disk where files lie: one for which there is no such room is refused before it "
        "begins. Without effect where files lie in a bucket.",
    )
    tree_cache: Bytes = Field(
        default=ByteSize(256 * 1024**2),
        description="Memory of an app server for the lines below assemblies, kept from one request to the next: some hundred bytes a "
        "line. Those asked for longest ago go first.",
    )
    smtp_url: Annotated[str, AfterValidator(_smtp_url)] | None = Field(
        default=None,
        repr=False,
        description="The mail server as `smtp://user:password@host:587` or `smtps://…`; `?starttls=require` refuses one that offers no "
        "encryption, `?starttls=off` does not ask for it. Absent: no mail is sent.",
    )
    smtp_from: str = Field(default="Cascadia <cascadia@localhost>", max_length=200, description="Whom mail comes from.")
    webhook_allowed_networks: Annotated[tuple[Network, ...], BeforeValidator(_networks)] = Field(
        default=(),
        description="Networks inside that webhooks may lead to, separated by commas, such as `10.1.0.0/16`. Absent: only public addresses.",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] | None = Field(
        default=None,
        description="The address that people type, such as `https://plm.example.org`. Where it is set it alone decides links, the "
        "allowed origin and whether cookies are `Secure`; absent: the `Host` of each request.",
    )
    client_ip_header: str = Field(
        default="X-Real-IP",
        pattern=r"^[A-Za-z0-9-]+$",
        description="The one header in which a trusted proxy names the client's address. `X-Forwarded-For` counts by its last "
        "untrusted address.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_networks)] = Field(
        default=(),
        description="Addresses or networks of proxies whose `CLIENT_IP_HEADER` is believed, separated by commas. Absent: no header "
        "is believed.",
    )
    metrics_allowed_networks: Annotated[tuple[Network, ...], BeforeValidator(_networks)] = Field(
        default=(),
        description="Who may read `/metrics` of the app on its public port, as addresses or networks separated by commas, such as "
        "`10.1.0.0/16` of a Prometheus. Absent: nobody, since behind a proxy everybody may look like this machine. "
        "A worker's `HEALTH_PORT` is not meant.",
    )
    bind_address: str | None = Field(
        default=None, description="The address to listen on. Absent: `127.0.0.1` for `cascadia up`, `0.0.0.0` for `cascadia app`."
    )
    port: Port = Field(default=ports.APP, description="The port of the interface and the API.")
    connections_max: int = Field(
        default=1000,
        ge=10,
        le=100_000,
        description="Connections that an app server has open at once. Beyond, those that wait for their client give way, but for the "
        "requests of who is signed in; where there is none, a new one is refused (503).",
    )
    data_dir: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default_factory=default_data_dir,
        description="Folder of the embedded database and of files. Absent: `/var/lib/cascadia` for root, else "
        "`$XDG_DATA_HOME/cascadia` or `~/.local/share/cascadia`.",
    )
    job_types: str = Field(
        default="*",
        description="Families of jobs that this worker takes, separated by commas; `*` stands for any letters, `!` excludes: "
        "`conversion.*,!conversion.cad`.",
    )
    worker_concurrency: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="Jobs that a worker runs at the same time. Absent: one for each processor core.",
    )
    worker_memory_limit: Bytes | None = Field(
        default=None,
        description="Memory for jobs, such as `4GiB`: of each family only as many run at once as fit into it. Absent: no such limit.",
    )
    health_port: Port = Field(
        default=ports.WORKER,
        description="The port on which a worker answers health checks; where it is taken, a free one, which the log names.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)] = Field(
        default="INFO", description="The least important messages that are logged."
    )
    log_format: LogFormat | None = Field(
        default=None, description="`json`, one object a line, or `text`. Absent: `text` on a terminal and for `cascadia up`, else `json`."
    )
    setup_token: str | None = Field(
        default=None,
        repr=False,
        min_length=16,
        description="What the first administrator has to type, wherever they come from. Absent: a token made at the first migration and "
        "printed in the log until it is used, in the address to open.",
    )
    token_max_days: int = Field(
        default=365,
        ge=1,
        le=3650,
        description="Days that an API token may last at most. Where nobody names its end it lasts 90, if so many are allowed.",
    )
    grace_seconds: Seconds = Field(default=30, description="Time that requests and jobs have to finish after the program was told to stop.")
    drain_seconds: Seconds = Field(
        default=0,
        description="Time that the app goes on accepting requests after it was told to stop, while `/health/ready` is red, so that a "
        "load balancer can turn away from it.",
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.database_direct_url and not self.database_url:
            raise ValueError("DATABASE_DIRECT_URL is set without DATABASE_URL: name the database in both, or in DATABASE_URL only")
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError("S3_ACCESS_KEY and S3_SECRET_KEY belong together: set both, or neither")
        if self.s3_access_key and not (self.s3_endpoint or self.s3_bucket):
            raise ValueError("S3_ACCESS_KEY is set without S3_ENDPOINT or S3_BUCKET: name the store")
        if self.s3_public_endpoint and not self.s3_access_key:
            raise ValueError("S3_PUBLIC_ENDPOINT is set without S3_ACCESS_KEY and S3_SECRET_KEY: links are signed with them")
        return self

    @property
    def pooler(self) -> bool:
        """Whether `database_url` leads through a pooler, behind which nothing may be kept between two statements."""
        return self.database_direct_url is not None and self.database_direct_url != self.database_url

    @property
    def direct_url(self) -> str | None:
        """The database without a pooler."""
        return self.database_direct_url or self.database_url


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of an environment; raises `SettingsInvalid` with every problem in it."""
    values, problems = _gather(environ)
    problems += _unknown(environ)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_sentence(details["loc"], details["msg"]) for details in error.errors(include_url=False)]
        raise SettingsInvalid(sorted(problems)) from None
    if problems:
        raise SettingsInvalid(sorted(problems))
    return settings


def shown(settings: Settings) -> dict[str, str]:
    """Every setting that has a value, by its name, for people; secrets are not shown."""
    found = {name.upper(): (value, Settings.model_fields[name].repr) for name, value in settings if value not in (None, "", ())}
    return {name: _text(value) if visible else "(set)" for name, (value, visible) in found.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _gather(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field in Settings.model_fields:
        name = field.upper()
        value, path = environ.get(name), environ.get(f"{name}_FILE")
        if value and path:
            problems.append(f"{name} and {name}_FILE are both set: keep one of them.")
        elif path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{name}_FILE: {path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'}).")
        if value:
            values[field] = value
    return values, problems


def _sentence(location: tuple[str | int, ...], message: str) -> str:
    words = message.removeprefix("Value error, ").removeprefix("Input ")
    return f"{str(location[0]).upper()} {words[0].lower()}{words[1:]}." if location else f"{words}."


def _unknown(environ: Mapping[str, str]) -> list[str]:
    known = {name for field in Settings.model_fields for name in (field.upper(), f"{field.upper()}_FILE")}
    return [
        f"{name} is no setting of this program; those that begin alike are {_alike(name)}."
        for name in environ
        if name.startswith(OWN_PREFIXES) and name not in known and environ[name] and not KUBERNETES_LINK.search(name)
    ]


def _alike(name: str) -> str:
    prefix = next(prefix for prefix in OWN_PREFIXES if name.startswith(prefix))
    return ", ".join(field.upper() for field in Settings.model_fields if field.upper().startswith(prefix))
