"""What a Core App serves: the API, and the built interface around it.

Owns no data and no rules: the interface speaks to the API only.
"""

from fastapi import FastAPI

from cascadia import settings as program_settings
from cascadia.access.passwords import Passwords
from cascadia.api.app import create_api
from cascadia.settings import Settings
from cascadia.web.interface import Interface, find_built


def create_app(settings: Settings | None = None, *, read_url: str | None = None, passwords: Passwords | None = None) -> FastAPI:
    """The application for uvicorn; without `settings` it reads the environment (and raises `SettingsInvalid`)."""
    app = create_api(settings or program_settings.load(), read_url=read_url, passwords=passwords)
    app.router.default = Interface(find_built(), otherwise=app.router.default)
    return app
