"""Settings: read from an environment, refused all at once, documented."""

import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from cascadia.kernel.broker import hosts
from cascadia.settings import Settings, SettingsInvalid, default_data_dir, load
from tools.reference import PAGES

SOURCE = Path(__file__).resolve().parent.parent.parent / "src/cascadia"


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsInvalid) as refused:
        load(environ)
    return refused.value.problems


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = load({})
    assert (settings.port, settings.health_port, settings.database_pool_size) == (3000, 3001, 10)
    assert (settings.client_ip_header, settings.trusted_proxies, settings.job_types) == ("X-Real-IP", (), "*")
    assert settings.database_url is None
    assert settings.direct_url is None


def test_an_empty_value_is_an_absent_one() -> None:
    assert load({"PORT": "", "DATABASE_URL": "", "PUBLIC_URL_FILE": ""}) == load({})


def test_values_are_read_as_what_they_are() -> None:
    settings = load(
        {
            "DATABASE_URL": "postgresql://db/plm?sslmode=verify-full",
            "TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1",
            "WORKER_MEMORY_LIMIT": "2GiB",
            "LOG_LEVEL": "debug",
            "PUBLIC_URL": "https://plm.example.org/",
            "DATA_DIR": "/srv/plm",
        }
    )
    assert settings.direct_url == "postgresql://db/plm?sslmode=verify-full"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("127.0.0.1/32"))
    assert settings.worker_memory_limit == 2 * 2**30
    assert settings.log_level == "DEBUG"
    assert settings.public_url == "https://plm.example.org"
    assert settings.data_dir == Path("/srv/plm")


@pytest.mark.parametrize("name", ("STORAGE_RESERVE", "WORKER_MEMORY_LIMIT"))
def test_an_amount_of_bytes_is_read_to_its_end_or_refused(name: str) -> None:
    amounts = {"1.5GB": 1_500_000_000, "2 GiB": 2**31, "1000": 1000, "1.001GB": 1_001_000_000, "0.5KiB": 512, "10m": 10_000_000, "7B": 7}
    assert {text: getattr(load({name: text}), name.lower()) for text in amounts} == amounts
    for text in ("1,5GB", "1,000", "-1", "1e3", "1 GB extra", "GB", "5 apples", "1_000", ".5GB"):
        assert problems({name: text}) == [f"{name} must be an amount of bytes such as 50GiB, 1.5TB or 1000, without commas."], text
    for text in ("0.5", "0.1KiB"):
        assert problems({name: text}) == [f"{name} must be whole bytes."], text


def test_a_value_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("a-token-of-some-length\n", encoding="utf-8")
    assert load({"SETUP_TOKEN_FILE": str(secret)}).setup_token == "a-token-of-some-length"
    assert problems({"SETUP_TOKEN_FILE": str(tmp_path / "gone")}) == [
        f"SETUP_TOKEN_FILE: {tmp_path / 'gone'} cannot be read (No such file or directory)."
    ]
    assert problems({"SETUP_TOKEN_FILE": str(secret), "SETUP_TOKEN": "another-token-of-some-length"}) == [
        "SETUP_TOKEN and SETUP_TOKEN_FILE are both set: keep one of them."
    ]


def test_every_problem_is_told_at_once_and_no_value_is_repeated() -> None:
    found = problems(
        {
            "DATABASE_URL": "mysql://ada:hunter2@db/plm",
            "PORT": "99999",
            "PUBLIC_URL": "https://plm.example.org/app",
            "TRUSTED_PROXIES": "10.0.0.0/99",
            "DATABASE_ULR": "x",
            "WORKER_THREADS": "3",
        }
    )
    assert [line.split()[0] for line in found] == [
        "DATABASE_ULR",
        "DATABASE_URL",
        "PORT",
        "PUBLIC_URL",
        "TRUSTED_PROXIES",
        "WORKER_THREADS",
    ]
    assert not any("hunter2" in line for line in found)
    assert found[0].endswith("those that begin alike are DATABASE_URL, DATABASE_DIRECT_URL, DATABASE_POOL_SIZE.")


def test_a_direct_url_alone_contradicts_itself() -> None:
    assert problems({"DATABASE_DIRECT_URL": "postgresql://db/plm"})[0].startswith("DATABASE_DIRECT_URL is set without DATABASE_URL")


@pytest.mark.parametrize(
    "name", ("DATABASE_SERVICE_HOST", "DATABASE_SERVICE_PORT", "DATABASE_PORT", "DATABASE_PORT_5432_TCP_ADDR", "OTEL_SERVICE_NAME")
)
def test_names_that_others_make_are_left_alone(name: str) -> None:
    assert load({name: "tcp://10.0.0.1:5432"}) == load({})


def test_secrets_are_not_shown() -> None:
    shown = repr(load({"DATABASE_URL": "postgresql://ada:hunter2@db/plm", "SETUP_TOKEN": "hunter2hunter2hunter2"}))
    assert "hunter2" not in shown


def test_a_users_data_folder_follows_the_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_data_dir({"XDG_DATA_HOME": "/home/ada/data"}) == Path("/home/ada/data/cascadia")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_data_dir({"XDG_DATA_HOME": "/home/ada/data"}) == Path("/var/lib/cascadia")


def test_every_setting_says_what_it_does() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", tuple(Settings.model_fields))
def test_every_setting_is_read_by_the_program(name: str) -> None:
    read = re.compile(rf"\b(settings|self)\.{name}\b")
    assert any(read.search(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", tuple(PAGES), ids=lambda path: path.name)
def test_the_reference_is_what_the_program_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == PAGES[path](), "make it anew: ./dev reference"


@pytest.mark.parametrize("place", ("", ":5672", "a,,b", "a:b", "[::1", "a b"))
def test_an_address_of_the_broker_without_a_host_is_refused_by_name(place: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        load({"RABBITMQ_URL": f"amqp://cascadia:x@{place}/cascadia"})
    assert "RABBITMQ_URL" in str(refused.value)


@pytest.mark.parametrize("place", ("broker", "broker:5672", "a:1,b:2,c", "[::1]:5672", "10.0.0.1"))
def test_addresses_of_brokers_are_taken_as_they_are(place: str) -> None:
    url = f"amqps://cascadia:p%40ss@{place}/v"
    assert load({"RABBITMQ_URL": url}).rabbitmq_url == url
    assert hosts(url)
