"""Links that open one object of an S3 store for a while: Signature Version 4 in the query, for GET.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html (`obstore` signs links too, but without the headers that
the store is to answer with).
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
    url: str, *, access_key: str, secret_key: str, region: str, at: datetime, seconds: int, answer_with: Mapping[str, str] | None = None
) -> str:
    """The link, valid for `seconds` from `at` (UTC); `answer_with` as `response-content-disposition` and the like. `url` has no query."""
    parts = urlsplit(url)
    path = quote(parts.path, safe="/-_.~")
    moment, day = at.strftime("%Y%m%dT%H%M%SZ"), at.strftime("%Y%m%d")
    scope = f"{day}/{region}/{SERVICE}/aws4_request"
    query = {
        **(answer_with or {}),
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    listed = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
    asked = "\n".join(("GET", path, listed, f"host:{parts.netloc}\n", "host", "UNSIGNED-PAYLOAD"))
    signed = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, SERVICE, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, signed.encode(), "sha256").hex()
    return f"{parts.scheme}://{parts.netloc}{path}?{listed}&X-Amz-Signature={signature}"
