"""One tree of errors. Each has a stable code, an HTTP status and a sentence that tells the person what to do."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class CascadiaError(Exception):
    """Base of all refusals that a person may read; becomes a problem document (RFC 9457)."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    title: ClassVar[str] = "Internal error"
    needs: str | None = None
    """What did not answer or has no room (`storage`, `database`, `mail`, `address HOST`), where that alone is why: no input's fault."""

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.errors = list(errors)
        self.retry_after = retry_after
        self.headers = headers or {}
        self.extra = extra


class Invalid(CascadiaError):
    status, code, title = 422, "invalid", "The request is not valid"


class BadRequest(CascadiaError):
    status, code, title = 400, "bad_request", "The request cannot be read"


class NotSignedIn(CascadiaError):
    status, code, title = 401, "not_signed_in", "Sign in first"


class Forbidden(CascadiaError):
    status, code, title = 403, "forbidden", "You may not do this"


class NotFound(CascadiaError):
    status, code, title = 404, "not_found", "There is no such thing, or you may not see it"


class Conflict(CascadiaError):
    status, code, title = 409, "conflict", "This clashes with the present state"


class Stale(CascadiaError):
    status, code, title = 412, "stale_version", "Somebody changed this since you read it"


class TooLarge(CascadiaError):
    status, code, title = 413, "too_large", "This is larger than allowed"


class UnsupportedMediaType(CascadiaError):
    status, code, title = 415, "unsupported_media_type", "The body is of another kind than this address takes"


class PreconditionRequired(CascadiaError):
    status, code, title = 428, "precondition_required", "Say which version you saw"


class TooMany(CascadiaError):
    status, code, title = 429, "too_many_attempts", "Too many attempts"


class Unavailable(CascadiaError):
    status, code, title = 503, "unavailable", "Not available at this moment"

    def __init__(self, detail: str, *, needs: str | None = None, **more: Any) -> None:
        super().__init__(detail, **more)
        self.needs = needs
