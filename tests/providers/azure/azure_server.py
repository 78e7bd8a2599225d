"""A key vault and its token authority, over HTTPS on loopback.

It does what the real ones document: the vault answers a request without a token with a bearer
challenge, takes only tokens of its own authority for its own resource, keeps versions with their
attributes, pages its lists, deletes softly, and refuses by the codes of the REST reference.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import secrets
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import trustme
from azure_keys import Keys
from serving import end

TENANT = "11111111-2222-3333-4444-555555555555"
LOGIN = "login.test"
SUFFIX = "vault.test"
OBJECT_ID = "99999999-8888-7777-6666-555555555555"
PAGE = 2


def _b64(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Version:
    """One version of a secret; `created` are seconds since the epoch."""

    def __init__(self, value: str, created: int, **attributes: object) -> None:
        self.id = secrets.token_hex(16)
        self.value = value
        self.tags: dict[str, str] = {}
        self.content_type: str | None = None
        self.attributes = {"enabled": True, "created": created, "updated": created, **attributes}


class FakeAzure:
    """Both services; a test reads and writes its fields."""

    def __init__(self) -> None:
        self.ca = trustme.CA()
        self.certificate = self.ca.issue_cert(f"*.{SUFFIX}", LOGIN, "127.0.0.1", "localhost")
        self.reset()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.configure_cert(context)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.azure = self
        self._server.context = context
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def reset(self) -> None:
        """Forget everything but address and certificate."""
        self.clients: dict[str, str] = {}  # id to secret
        self.assertions: set[str] = set()  # federated tokens that are trusted
        self.certificates: dict[str, object] = {}  # client id to public key
        self.allowed: dict[str, set[str]] = {}  # client id to permissions
        self.denial = "ForbiddenByRbac"
        self.versions: dict[str, list[Version]] = {}
        self.deleted: dict[str, list[Version]] = {}
        self.requests: Counter[str] = Counter()
        self.tokens: dict[str, dict[str, object]] = {}
        self.identity_secret = secrets.token_hex(8)
        self.resource: str | None = None
        self.token_form = "jwt"
        self.keys = Keys()
        self.clock = 1_700_000_000
        self.faults: dict[str, list[object]] = {"vault": [], "login": [], "identity": []}
        self.authorizations: list[str] = []
        self.loses = "no path"  # what the paths end with to which no answer arrives

    @property
    def host(self) -> str:
        return f"myvault.{SUFFIX}:{self.port}"

    @property
    def authority(self) -> str:
        return f"{LOGIN}:{self.port}"

    def close(self) -> None:
        end(self._server)
        self._thread.join()

    def put(self, name: str, value: str, **attributes: object) -> str:
        self.clock += 10
        version = Version(value, self.clock, **attributes)
        self.versions.setdefault(name, []).append(version)
        return version.id

    def delete(self, name: str) -> None:
        self.deleted[name] = self.versions.pop(name)

    def client(self, *permissions: str) -> tuple[str, str]:
        client_id, secret = secrets.token_hex(16), secrets.token_urlsafe(48)
        self.clients[client_id] = secret
        self.allowed[client_id] = set(permissions)
        return client_id, secret

    def fail(self, part: str, *faults: object) -> None:
        """Answer the next requests of a part with faults: (status, headers, body) or a word."""
        self.faults[part].extend(faults)

    def issue(self, client_id: str, audience: str) -> dict[str, object]:
        claims = {"aud": audience, "appid": client_id, "oid": OBJECT_ID, "nonce": len(self.tokens)}
        token = f"{_b64({'alg': 'none'})}.{_b64(claims)}.{_b64('signature')}"
        if self.token_form != "jwt":
            token = f"{self.token_form}{len(self.tokens)}"
        self.tokens[token] = claims
        return {"access_token": token, "token_type": "Bearer", "expires_in": 3600}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError):  # a client that does not trust us, or went away
            request.settimeout(20)
            stream = self.context.wrap_socket(request, server_side=True)
            try:
                self.RequestHandlerClass(stream, client_address, self)
            finally:
                stream.close()

    def handle_error(self, request, client_address):
        """Say nothing: broken connections are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def log_message(self, *args):
        """Say nothing."""

    def do_GET(self):
        self._answer("GET")

    def do_POST(self):
        self._answer("POST")

    def do_PUT(self):
        self._answer("PUT")

    def do_PATCH(self):
        self._answer("PATCH")

    def do_DELETE(self):
        self._answer("DELETE")

    @property
    def azure(self) -> FakeAzure:
        return self.server.azure

    def _answer(self, method: str) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        self.query = {k: v[-1] for k, v in parse_qs(split.query).items()}
        host = self.headers["Host"].partition(":")[0]
        parts = split.path.strip("/").split("/")
        part = (
            "login"
            if host == LOGIN
            else "identity"
            if host.startswith(("127.", "loc"))
            else "vault"
        )
        self.azure.requests[f"{part} {method}"] += 1
        if split.path.endswith(self.azure.loses):
            self._fail("lost")
            return
        if self.azure.faults[part] and (fault := self.azure.faults[part].pop(0)) is not None:
            self._fail(fault)
            return
        getattr(self, f"_{part}")(method, parts)

    def _fail(self, fault: object) -> None:
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        if fault == "lost":  # done, and the answer never arrives
            self.wfile = io.BytesIO()
            self._vault(self.command, urlsplit(self.path).path.strip("/").split("/"))
            self._fail("reset")
            return
        if fault == "half":
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b'Content-Length: 500\r\n\r\n{"value": "'
            )
            self.wfile.flush()
            self._fail("reset")
            return
        status, headers, body = fault
        self._send(status, body, headers)

    def _send(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        kind = {"Content-Type": "application/json"} | (headers or {})
        for name, value in kind.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _refuse(self, status: int, code: str, inner: str | None = None) -> None:
        self._send(status, error(code, inner))

    def _login(self, method: str, parts: list[str]) -> None:
        base = f"https://{self.azure.authority}/{parts[0]}"
        if self.path.endswith("/.well-known/openid-configuration"):
            self._send(
                200,
                {
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "issuer": f"{base}/v2.0",
                },
            )
            return
        form = {k: v[-1] for k, v in parse_qs(self.body.decode()).items()}
        client_id = form.get("client_id", "")
        self.azure.requests["tokens"] += 1
        if parts != [TENANT, "oauth2", "v2.0", "token"] or not self._is_known(client_id, form):
            self._send(
                401, {"error": "invalid_client", "error_description": "AADSTS7000215: invalid."}
            )
            return
        audience = form["scope"].removesuffix("/.default")
        self._send(200, self.azure.issue(client_id, audience))

    def _is_known(self, client_id: str, form: dict[str, str]) -> bool:
        if client_id not in self.azure.allowed or form["grant_type"] != "client_credentials":
            return False
        if "client_secret" in form:
            return secrets.compare_digest(self.azure.clients[client_id], form["client_secret"])
        assertion = form.get("client_assertion", "")
        if assertion in self.azure.assertions:
            return True
        key = self.azure.certificates.get(client_id)
        return key is not None and is_signed(assertion, key)

    def _identity(self, method: str, parts: list[str]) -> None:
        if self.headers.get("X-IDENTITY-HEADER") != self.azure.identity_secret:
            self._send(401, {"error": "unauthorized"})
            return
        client_id = self.query.get("client_id", "system")
        if client_id not in self.azure.allowed:
            self._send(400, {"error": "invalid_request", "statusCode": 400, "message": "no such"})
            return
        resource = self.query["resource"]
        token = self.azure.issue(client_id, resource)
        self._send(200, {**token, "expires_on": str(int(time.time()) + 3600), "resource": resource})

    def _vault(self, method: str, parts: list[str]) -> None:
        resource = self.azure.resource or f"https://{SUFFIX}:{self.azure.port}"
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        claims = self.azure.tokens.get(token)
        if claims is None or claims["aud"] != resource:
            challenge = (
                f'Bearer authorization="https://{self.azure.authority}/{TENANT}",'
                f' resource="{resource}"'
            )
            self.azure.requests["challenges"] += 1
            self._send(401, error("Unauthorized"), {"WWW-Authenticate": challenge})
            return
        self.azure.authorizations.append(str(claims["appid"]))
        self._authorized(method, parts, self.azure.allowed[str(claims["appid"])])

    def _authorized(self, method: str, parts: list[str], allowed: set[str]) -> None:
        if parts[0] in {"keys", "deletedkeys"}:
            given = json.loads(self.body or "{}")
            self._send(*self.azure.keys.answer(method, parts, given, allowed))
            return
        verbs = {"PUT": "set", "PATCH": "set", "DELETE": "delete"}
        needed = verbs.get(method, "list" if parts[-1] == "versions" else "get")
        if parts[0] == "deletedsecrets":
            needed = "purge" if method == "DELETE" else "get-deleted"
        if needed not in allowed:
            self._refuse(403, "Forbidden", self.azure.denial)
        elif method == "PUT":
            self._put(parts[1])
        elif method == "PATCH":
            self._patch(parts[1], parts[2])
        elif method == "DELETE":
            self._delete(*parts)
        elif parts[0] == "deletedsecrets":
            self._deleted(parts[1])
        elif parts[-1] == "versions":
            self._versions(parts[1])
        else:
            self._get(parts[1], parts[2] if len(parts) > 2 else None)

    def _item(self, name: str, version: Version) -> dict[str, object]:
        base = f"https://{self.azure.host}/secrets/{name}/{version.id}"
        return {"id": base, "attributes": version.attributes, "tags": version.tags}

    def _get(self, name: str, wanted: str | None) -> None:
        versions = self.azure.versions.get(name, [])
        found = [one for one in versions if wanted in {None, one.id}]
        if not found:
            self._refuse(404, "SecretNotFound")
        elif not found[-1].attributes["enabled"] and self.azure.denial != "lenient":
            self._refuse(403, "Forbidden", "SecretDisabled")
        else:
            self._send(200, {"value": found[-1].value, **self._item(name, found[-1])})

    def _patch(self, name: str, wanted: str) -> None:
        (version,) = [one for one in self.azure.versions[name] if one.id == wanted]
        version.tags = json.loads(self.body).get("tags", version.tags)
        self._send(200, self._item(name, version))

    def _delete(self, area: str, name: str) -> None:
        held = self.azure.deleted if area == "deletedsecrets" else self.azure.versions
        if name not in held:
            self._refuse(404, "SecretNotFound")
        elif area == "deletedsecrets":
            del self.azure.deleted[name]
            self._send(204, "")
        else:
            self.azure.delete(name)
            self._deleted(name)

    def _deleted(self, name: str) -> None:
        if name not in self.azure.deleted:
            self._refuse(404, "SecretNotFound")
            return
        item = self._item(name, self.azure.deleted[name][-1])
        recovery = f"https://{self.azure.host}/deletedsecrets/{name}"
        self._send(200, {**item, "recoveryId": recovery, "deletedDate": self.azure.clock})

    def _versions(self, name: str) -> None:
        versions = self.azure.versions.get(name, [])
        start = int(self.query.get("$skiptoken", 0))
        items = [self._item(name, one) for one in versions[start : start + PAGE]]
        more = start + PAGE < len(versions)
        link = (
            f"https://{self.azure.host}/secrets/{name}/versions"
            f"?api-version={self.query['api-version']}&$skiptoken={start + PAGE}"
        )
        self._send(200, {"value": items, "nextLink": link if more else None})

    def _put(self, name: str) -> None:
        if name in self.azure.deleted:
            self._refuse(409, "Conflict", "ObjectIsDeletedButRecoverable")
            return
        given = json.loads(self.body)
        self.azure.put(name, given["value"])
        version = self.azure.versions[name][-1]
        version.tags = given.get("tags") or {}
        version.content_type = given.get("contentType")
        self._send(200, {"value": version.value, **self._item(name, version)})


def resolved_here(resolve):
    """Return a `getaddrinfo` for which the names of both services are this machine."""

    def local(host, *more, **named):
        is_ours = host == LOGIN or str(host).endswith(f".{SUFFIX}")
        return resolve("127.0.0.1" if is_ours else host, *more, **named)

    return local


def error(code: str, inner: str | None = None) -> dict[str, object]:
    """Return the body of a vault's refusal."""
    told: dict[str, object] = {"code": code, "message": "refused"}
    if inner is not None:
        told["innererror"] = {"code": inner}
    return {"error": told}


def is_signed(assertion: str, key) -> bool:
    """Return whether a client assertion is signed by a key, in either way that MSAL uses."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    head, _, signature = assertion.rpartition(".")
    data = base64.urlsafe_b64decode(signature + "==")
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    for form in (pss, padding.PKCS1v15()):
        with contextlib.suppress(InvalidSignature):
            key.verify(data, head.encode(), form, hashes.SHA256())
            return True
    return False
