"""Secret Manager on this machine: Google's own messages over gRPC and REST, with TLS and IAM.

One `Backend` answers both transports with real status codes and checksums, and checks who asks:
self-signed tokens by their signature, others by a list of those that were given out. The REST
server is also the token service (federation) and IAM Credentials (impersonation).
"""

from __future__ import annotations

import json
import re
import secrets
import ssl
import threading
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import google.auth.jwt
import grpc
from cryptography.hazmat.primitives import serialization
from google.cloud import secretmanager_v1 as api
from google.iam.v1 import iam_policy_pb2
from google.protobuf import any_pb2, duration_pb2, empty_pb2, json_format
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from serving import end

from binance_creds.providers.google._crc32c import crc32c

BOT = "bot@my-project.iam.gserviceaccount.com"
NUMBER = "123456789"  # answers name the project by its number
SERVICES = {"google.cloud.secretmanager.v1.SecretManagerService"}
State = api.SecretVersion.State
Code = grpc.StatusCode
HTTP = {
    Code.INVALID_ARGUMENT: 400, Code.FAILED_PRECONDITION: 400, Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403, Code.NOT_FOUND: 404, Code.ALREADY_EXISTS: 409,
    Code.RESOURCE_EXHAUSTED: 429, Code.INTERNAL: 500, Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503, Code.DEADLINE_EXCEEDED: 504,
}  # fmt: skip


class Refusal(Exception):
    """An answer that is an error, for either transport."""

    def __init__(self, code, message, *, reason=None, retry_after=None):
        super().__init__(message)
        self.code, self.message, self.reason, self.retry_after = code, message, reason, retry_after

    def details(self):
        if self.reason:
            info = error_details_pb2.ErrorInfo(reason=self.reason, domain="googleapis.com")
            yield info
        if self.retry_after is not None:
            delay = duration_pb2.Duration(seconds=int(self.retry_after))
            yield error_details_pb2.RetryInfo(retry_delay=delay)


@dataclass
class Stored:
    data: bytes
    state: State = State.ENABLED
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Backend:
    """What is stored, who may do what, and what goes wrong next; new for every test."""

    keys: dict[str, str] = field(default_factory=dict)  # e-mail: public key
    tokens: dict[str, str] = field(default_factory=dict)  # given out: e-mail
    denied: set[tuple[str, str]] = field(default_factory=set)  # e-mail, permission
    versions: dict[str, list[Stored]] = field(default_factory=dict)
    aliases: dict[str, dict[str, int]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    callers: set[str] = field(default_factory=set)
    faults: dict[str, list[Refusal | None]] = field(default_factory=dict)  # by method; last stays
    # REST: status, type, body; the last stays, and `None` is none
    raw: list[tuple[int, str, bytes] | None] = field(default_factory=list)
    after: dict[str, object] = field(default_factory=dict)  # by method: called once, after it
    is_damaging: bool = False
    has_checksums: bool = True
    page_size: int = 1000
    next_token: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, data: bytes | str, **more) -> str:
        data = data.encode() if isinstance(data, str) else data
        with self.lock:  # or two would get one number
            self.versions.setdefault(name, []).append(Stored(data, **more))
            return str(len(self.versions[name]))

    def answer(self, method: str, request, bearer: str | None):
        self.requests[method] += 1
        faults = self.faults.get(method) or self.faults.get("*") or []
        fault = (faults.pop(0) if len(faults) > 1 else faults[0]) if faults else None
        if fault:
            raise fault
        caller = self.caller(bearer)
        self.callers.add(caller)
        answer = getattr(self, f"on_{method}")(request, caller)
        after = self.after.pop(method, None)
        if after:
            after()
        return answer

    def caller(self, bearer: str | None) -> str:
        if bearer is None:
            return "nobody"
        if bearer in self.tokens:
            return self.tokens[bearer]
        try:
            email = google.auth.jwt.decode(bearer, verify=False)["iss"]
            claims = google.auth.jwt.decode(bearer, certs=self.keys[email])
        except (ValueError, KeyError):
            text = "Request had invalid authentication credentials."
            raise Refusal(Code.UNAUTHENTICATED, text) from None
        assert claims["scope"].startswith("https://www.googleapis.com/auth/")
        return email

    def allow(self, caller: str, permission: str, resource: str) -> None:
        if (caller, permission) in self.denied:
            text = (
                f"Permission '{permission}' denied for resource '{resource}' (or it may not exist)."
            )
            raise Refusal(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED")

    def found(self, path: str) -> tuple[str, int]:
        name, _, version = path.partition("/versions/")
        versions = self.versions.get(name)
        if not versions:
            text = f"Secret [{outside(name)}] not found or has no versions."
            raise Refusal(Code.NOT_FOUND, text)
        number = self.aliases.get(name, {}).get(version, version)
        number = (
            len(versions) if number == "latest" else int(number) if str(number).isdigit() else 0
        )
        if not 1 <= number <= len(versions):
            raise Refusal(Code.NOT_FOUND, f"Secret Version [{outside(path)}] not found.")
        return name, number

    def described(self, name: str, number: int):
        stored = self.versions[name][number - 1]
        return api.SecretVersion(
            name=f"{outside(name)}/versions/{number}",
            state=stored.state,
            create_time=stored.created,
            etag=f'"{number}"',
        )

    def on_AccessSecretVersion(self, request, caller):
        self.allow(caller, "secretmanager.versions.access", request.name)
        name, number = self.found(request.name)
        stored = self.versions[name][number - 1]
        path = f"{outside(name)}/versions/{number}"
        if stored.state != State.ENABLED:
            text = f"Secret Version [{path}] is in {stored.state.name} state."
            raise Refusal(Code.FAILED_PRECONDITION, text)
        payload = {"data": stored.data, "data_crc32c": crc32c(stored.data) ^ self.is_damaging}
        if not self.has_checksums:
            del payload["data_crc32c"]
        return api.AccessSecretVersionResponse(name=path, payload=payload)

    def on_GetSecretVersion(self, request, caller):
        self.allow(caller, "secretmanager.versions.get", request.name)
        return self.described(*self.found(request.name))

    def on_ListSecretVersions(self, request, caller):
        self.allow(caller, "secretmanager.versions.list", request.parent)
        all_of = [
            self.described(request.parent, number)
            for number in range(len(self.versions.get(request.parent, [])), 0, -1)
        ]
        if request.filter == "state:ENABLED":
            all_of = [one for one in all_of if one.state == State.ENABLED]
        start = int(request.page_token or 0)
        end = start + min(request.page_size, self.page_size)
        more = str(end) if end < len(all_of) else ""
        return api.ListSecretVersionsResponse(versions=all_of[start:end], next_page_token=more)

    def on_CreateSecret(self, request, caller):
        self.allow(caller, "secretmanager.secrets.create", request.parent)
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self.versions:
            raise Refusal(Code.ALREADY_EXISTS, f"Secret [{outside(name)}] already exists.")
        assert ("replication" in request.secret) != ("/locations/" in name)
        self.versions[name] = []
        return api.Secret(name=outside(name))

    def on_AddSecretVersion(self, request, caller):
        self.allow(caller, "secretmanager.versions.add", request.parent)
        if request.parent not in self.versions:
            raise Refusal(Code.NOT_FOUND, f"Secret [{outside(request.parent)}] not found.")
        assert request.payload.data_crc32c == crc32c(request.payload.data)
        number = self.put(request.parent, request.payload.data)
        return self.described(request.parent, int(number))

    def on_DisableSecretVersion(self, request, caller):
        self.allow(caller, "secretmanager.versions.disable", request.name)
        name, number = self.found(request.name)
        self.versions[name][number - 1].state = State.DISABLED
        return self.described(name, number)

    def on_DeleteSecret(self, request, caller):
        self.allow(caller, "secretmanager.secrets.delete", request.name)
        if self.versions.pop(request.name, None) is None:
            raise Refusal(Code.NOT_FOUND, f"Secret [{outside(request.name)}] not found.")
        return empty_pb2.Empty()

    def on_TestIamPermissions(self, request, caller):
        held = [name for name in request.permissions if (caller, name) not in self.denied]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)

    # The two services that give tokens.

    def on_GenerateAccessToken(self, email: str, caller: str) -> dict[str, str]:
        if (caller, "iam.serviceAccounts.getAccessToken") in self.denied:
            text = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource."
            raise Refusal(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED")
        until = datetime.now(UTC) + timedelta(hours=1)
        return {"accessToken": self.give(email), "expireTime": until.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def on_ExchangeToken(self, form: dict[str, str], caller: str) -> dict[str, object]:
        if form["subject_token"] != "a-job-of-ci":
            raise Refusal(Code.INVALID_ARGUMENT, "invalid_grant")
        kind = "urn:ietf:params:oauth:token-type:access_token"
        token = self.give("principal://pool/subject/ci")
        return {"access_token": token, "issued_token_type": kind, "token_type": "Bearer",
                "expires_in": 3600}  # fmt: skip

    def give(self, email: str) -> str:
        token = self.next_token or f"ya29.{secrets.token_urlsafe(32)}"
        self.tokens[token] = email
        return token


def public_pem(key) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def write_key(path, key, **more: str) -> None:
    """Write a service account's file, as `gcloud iam service-accounts keys create` does."""
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": BOT,
        "token_uri": "https://localhost/token",
    }
    with open(path, "w") as file:
        json.dump(info | more, file)


def outside(name: str) -> str:
    return re.sub(r"^projects/[^/]+", f"projects/{NUMBER}", name)


def bearer_of(header: str | None) -> str | None:
    return header.removeprefix("Bearer ") if header else None


TYPES = {
    "AccessSecretVersion": (api.AccessSecretVersionRequest, api.AccessSecretVersionResponse),
    "GetSecretVersion": (api.GetSecretVersionRequest, api.SecretVersion),
    "ListSecretVersions": (api.ListSecretVersionsRequest, api.ListSecretVersionsResponse),
    "CreateSecret": (api.CreateSecretRequest, api.Secret),
    "AddSecretVersion": (api.AddSecretVersionRequest, api.SecretVersion),
    "DisableSecretVersion": (api.DisableSecretVersionRequest, api.SecretVersion),
    "DeleteSecret": (api.DeleteSecretRequest, api.Secret),  # the answer is empty
}


class Grpc(grpc.GenericRpcHandler):
    """The gRPC face of all services."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def service(self, details):
        service, _, method = details.method.lstrip("/").partition("/")
        assert service in SERVICES
        bearer = bearer_of(dict(details.invocation_metadata).get("authorization"))

        def answer(request, context):
            try:
                return self.server.backend.answer(method, request, bearer)
            except Refusal as refusal:
                context.abort_with_status(rpc_status.to_status(status_of(refusal)))

        if method == "TestIamPermissions":
            read = iam_policy_pb2.TestIamPermissionsRequest.FromString
            write = iam_policy_pb2.TestIamPermissionsResponse.SerializeToString
        else:
            read, write = TYPES[method][0].deserialize, TYPES[method][1].serialize
            if method == "DeleteSecret":
                write = empty_pb2.Empty.SerializeToString
        return grpc.unary_unary_rpc_method_handler(answer, read, write)


def status_of(refusal: Refusal) -> status_pb2.Status:
    details = []
    for detail in refusal.details():
        packed = any_pb2.Any()
        packed.Pack(detail)
        details.append(packed)
    return status_pb2.Status(code=refusal.code.value[0], message=refusal.message, details=details)


ROUTES = [  # method, path, which method of the service, the request's field that the path is
    ("GET", r"/v1/(.+/versions/[^/:]+):access", "AccessSecretVersion", "name"),
    ("GET", r"/v1/(.+/versions/[^/:]+)", "GetSecretVersion", "name"),
    ("GET", r"/v1/(.+/secrets/[^/:]+)/versions", "ListSecretVersions", "parent"),
    ("POST", r"/v1/(.+/versions/[^/:]+):disable", "DisableSecretVersion", "name"),
    ("DELETE", r"/v1/(.+/secrets/[^/:]+)", "DeleteSecret", "name"),
    ("POST", r"/v1/(.+)/secrets", "CreateSecret", "parent"),
    ("POST", r"/v1/(.+/secrets/[^/:]+):addVersion", "AddSecretVersion", "parent"),
    ("POST", r"/v1/(.+/secrets/[^/:]+):testIamPermissions", "TestIamPermissions", "resource"),
]

BODIES = {"CreateSecret": "secret"}  # which field of the request is the body


class Rest(BaseHTTPRequestHandler):
    """The REST face of all services, and those that give tokens."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # with it every answer waits 40 ms for the client's ACK

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        backend = self.server.owner.backend
        raw = backend.raw.pop(0) if len(backend.raw) > 1 else next(iter(backend.raw), None)
        if raw:
            status, kind, body = raw
            return self.send(status, body, kind)
        try:
            self.send(200, self.routed(backend).encode())
        except Refusal as refusal:
            self.refuse(refusal)

    do_POST = do_DELETE = do_GET

    def routed(self, backend: Backend) -> str:
        url = urllib.parse.urlsplit(self.path)
        bearer = bearer_of(self.headers.get("Authorization"))
        if url.path == "/v1/token":
            form = dict(urllib.parse.parse_qsl(self.body.decode()))
            return json.dumps(backend.answer("ExchangeToken", form, None))
        found = re.fullmatch(r"/v1/projects/-/serviceAccounts/(.+):generateAccessToken", url.path)
        if found:
            return json.dumps(backend.answer("GenerateAccessToken", found[1], bearer))
        for verb, path, method, name in ROUTES:
            found = re.fullmatch(path, url.path)
            if found and verb == self.command:
                query = dict(urllib.parse.parse_qsl(url.query))
                answer = backend.answer(
                    method, self.request_of(method, name, found[1], query), bearer
                )
                is_plain = method in {"DeleteSecret", "TestIamPermissions"}
                pb = answer if is_plain else type(answer).pb(answer)
                return json_format.MessageToJson(pb)
        raise Refusal(Code.UNIMPLEMENTED, "no such method")

    def request_of(self, method: str, name: str, path: str, query: dict[str, str]):
        body = json.loads(self.body or "{}")
        if method == "TestIamPermissions":
            return iam_policy_pb2.TestIamPermissionsRequest(resource=path, **body)
        wanted = {
            key: query[key]
            for key in ("filter", "pageSize", "pageToken", "secretId", "cryptoKeyId")
            if key in query
        }
        whole = {name: path, **wanted, **({BODIES[method]: body} if method in BODIES else body)}
        kind = TYPES[method][0]
        return kind.wrap(json_format.ParseDict(whole, kind.pb(kind())))

    def refuse(self, refusal: Refusal) -> None:
        details = [
            {
                "@type": f"type.googleapis.com/{d.DESCRIPTOR.full_name}",
                **json_format.MessageToDict(d),
            }
            for d in refusal.details()
            if refusal.reason
        ]
        code = HTTP[refusal.code]
        error = {
            "code": code,
            "message": refusal.message,
            "status": refusal.code.name,
            "details": details,
        }
        after = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        self.send(code, json.dumps({"error": error}).encode(), **after)

    def send(self, status: int, body: bytes, kind: str = "application/json; charset=UTF-8", **more):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Https(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """A client that does not trust us hangs up; that is the test."""


class Server:
    """Both faces on free ports of this machine, with TLS by the certificate and without."""

    def __init__(self, certificate) -> None:
        self.backend = Backend()
        key, chain = certificate.private_key_pem.bytes(), certificate.cert_chain_pems
        pem = b"".join(blob.bytes() for blob in chain)
        self._grpc = grpc.server(ThreadPoolExecutor(16))
        self._grpc.add_generic_rpc_handlers((Grpc(self),))
        tls = grpc.ssl_server_credentials([(key, pem)])
        # Of one family of addresses: of the other, the port may be another server's.
        self.grpc = f"localhost:{self._grpc.add_secure_port('127.0.0.1:0', tls)}"
        self.plain_grpc = f"localhost:{self._grpc.add_insecure_port('127.0.0.1:0')}"
        self._grpc.start()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        self._https, self.rest = self._http_server(context)
        self._http, self.plain_rest = self._http_server(None)

    def _http_server(self, context) -> tuple[Https, str]:
        server = Https(("127.0.0.1", 0), Rest)
        server.owner = self
        if context:
            # The handshake is the thread's of the connection, or one client would block all.
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return server, f"localhost:{server.server_address[1]}"

    def close(self) -> None:
        self._grpc.stop(None)
        for server in (self._https, self._http):
            end(server)
