"""A client of the AWS Secrets Manager Agent on this machine, with the calls that reading needs.

Source: github.com/aws/aws-secretsmanager-agent, README.md and its src/server.rs: GET
/secretsmanager/get on localhost:2773, where a header repeats the token of AWS_TOKEN or of a
file; errors of the service pass through with their code.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Final
from urllib.parse import urlencode

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError

from binance_creds.errors import AuthenticationError

__all__ = ["AgentClient"]

_ADDRESS: Final = "http://localhost:2773"
_TOKEN_HEADER: Final = "X-Aws-Parameters-Secrets-Token"  # noqa: S105  # its name
TOKEN_FILE: Final = "/var/run/awssmatoken"  # noqa: S105  # its path
_TOKEN_VARIABLES: Final = ("AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
_BAD_TOKEN: Final = 403
_OK: Final = 200


class AgentClient:
    """Read secrets through the agent, which caches them for as long as it is configured to.

    Args:
        address: `http://localhost:2773` by default.
    """

    def __init__(self, address: str | None) -> None:
        self._address = (address or _ADDRESS).rstrip("/")
        self._session = URLLib3Session(timeout=(5, 10))  # seconds; uses no proxy

    def get_secret_value(self, **wanted: str) -> dict[str, Any]:
        """Return what GetSecretValue would.

        Raises:
            ClientError: with the service's own code.
            AuthenticationError: the agent does not accept the token, or none was found.
        """
        query = urlencode({name[0].lower() + name[1:]: value for name, value in wanted.items()})
        request = AWSRequest(
            "GET",
            f"{self._address}/secretsmanager/get?{query}",
            headers={_TOKEN_HEADER: _token()},
        )
        response = self._session.send(request.prepare())
        if response.status_code == _BAD_TOKEN and b"__type" not in response.content:
            raise _refused()
        answer = _json(response.content)
        if response.status_code != _OK:
            error = {"Code": answer.get("__type", ""), "Message": answer.get("message", "")}
            metadata = {"HTTPStatusCode": response.status_code}
            raise ClientError({"Error": error, "ResponseMetadata": metadata}, "GetSecretValue")
        answer.pop("CreatedDate", None)  # the agent formats it differently
        if "SecretBinary" in answer:
            answer["SecretBinary"] = base64.b64decode(answer["SecretBinary"])
        return answer

    def describe_secret(self, **wanted: str) -> dict[str, Any]:
        """Raise `AccessDeniedException`: the agent cannot describe a secret."""
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeSecret")


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        msg = "the answer is not a JSON object"
        raise ResponseParserError(msg)
    return answer


def _token() -> str:
    for name in _TOKEN_VARIABLES:
        value = os.environ.get(name, "")
        if value:
            return _content(value.removeprefix("file://")) if "://" in value else value
    return _content(TOKEN_FILE)


def _content(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        raise _refused() from None


def _refused() -> AuthenticationError:
    msg = "the Secrets Manager Agent does not accept the token, or no token was found."
    hint = f"Set AWS_TOKEN, or let this user read {TOKEN_FILE} (group awssmatokenreader)."
    return AuthenticationError(msg, hint=hint)
