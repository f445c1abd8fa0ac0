"""Requests to an S3 store that are valid for a while: Signature Version 4 in the query.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (`obstore` signs links too, but without the headers that
the store is to answer with, and without those of a request).
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "s3"


def presign(
    url: str,
    *,
    access_key: str,
    secret_key: str,
    region: str,
    at: datetime,
    seconds: int,
    method: str = "GET",
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> str:
    """The link, valid for `seconds` from `at` (UTC). `url` has no query; `headers` (in small letters) must go with the request."""
    parts = urlsplit(url)
    path = quote(parts.path, safe="/-_.~")
    moment, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    scope = f"{day}/{region}/{SERVICE}/aws4_request"
    signed_headers = dict(sorted({"host": parts.netloc, **(headers or {})}.items()))
    names = ";".join(signed_headers)
    told = {
        **(query or {}),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": names,
    }
    listed = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(told.items()))
    lines = "".join(f"{name}:{value}\n" for name, value in signed_headers.items())
    asked = f"{method}\n{path}\n{listed}\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    signed = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    return f"{parts.scheme}://{parts.netloc}{path}?{listed}&X-Amz-Signature={signature}"
