"""`SmallVault`: the documented HTTP API of Vault, as far as these tests use it.

It stands in where neither `bao` nor `vault` is installed; every test runs unchanged on a real one.
Sources: Vault API documentation, KV secrets engine versions 1 and 2, token, AppRole, userpass, JWT,
Kubernetes, AWS and TLS certificate auth methods, /sys/wrapping, /sys/internal/ui/mounts.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from serving import end
from small_transit import SmallTransit

WILDCARDS = {"*": ".*", "+": "[^/]+"}


class Refusal(Exception):
    def __init__(self, status: int, *errors: str, **body: object) -> None:
        self.status = status
        self.body = {"errors": list(errors), **body}


def now(*, later: float = 0) -> str:
    moment = datetime.now(UTC) + timedelta(seconds=later)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def is_gone(version: dict) -> bool:
    return version["destroyed"] or "" < version["deletion_time"] <= now()


def seconds(duration: object) -> float:
    number, unit = re.fullmatch(r"(\d*)([smh]?)", str(duration or 0)).groups()
    return float(number) * {"": 1, "s": 1, "m": 60, "h": 3600}[unit]


class SmallVault:
    name = "a small server of these tests"
    ca_file: str | None = None

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.lock = threading.Lock()
        self.root_token = f"root-{secrets.token_hex(8)}"
        self.tokens: dict[str, dict] = {self.root_token: self._token(["root"], 0)}
        self.policies: dict[str, list[tuple[re.Pattern[str], set[str]]]] = {}
        self.mounts: dict[str, dict] = {"secret": {"version": "2"}}
        self.kinds: dict[str, str] = {"secret": "kv"}
        self.auth: dict[str, str] = {"token": "token"}
        self.held: dict[str, dict] = {}
        self.transits: dict[str, SmallTransit] = {}
        self.roles: dict[str, dict] = {}
        self.wrapped: dict[str, dict] = {}
        self.is_sealed = False
        self.is_initialised = True
        handler = type("Handler", (_Handler,), {"vault": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        end(self._server)

    def answer(self, method: str, path: str, body: dict, request: _Handler) -> dict | None:
        if path == "sys/init":
            return {"initialized": self.is_initialised}
        if self.is_sealed or not self.is_initialised:
            raise Refusal(503, "Vault is sealed")
        namespace = request.headers.get("X-Vault-Namespace")
        if namespace:
            raise Refusal(404, "namespace not found")
        self.request = request
        with self.lock:
            for pattern, call in ROUTES:
                match = re.fullmatch(pattern, path)
                if match:
                    return call(self, method, body, request, **match.groupdict())
            return self._engine(method, path, body, request)

    # tokens and policies

    def _token(self, policies: list[str], ttl: float, **more: object) -> dict:
        return {
            "policies": policies, "expires": time.monotonic() + ttl if ttl else None, "ttl": ttl,
            "renewable": bool(ttl), "display_name": "token-token", **more,
        }  # fmt: skip

    def _grant(self, policies: list[str], ttl: float, **more: object) -> dict:
        token = f"hvs.{secrets.token_hex(12)}"
        self.tokens[token] = self._token(policies, ttl, **more)
        return {
            "auth": {
                "client_token": token, "lease_duration": int(ttl), "policies": policies,
                "renewable": self.tokens[token]["renewable"],
            }
        }  # fmt: skip

    def _whoami(self, request: _Handler) -> dict:
        token = self.tokens.get(request.headers.get("X-Vault-Token", ""))
        if token is None or (token["expires"] is not None and token["expires"] < time.monotonic()):
            raise Refusal(403, "permission denied")
        return token

    def _capabilities(self, token: dict, path: str) -> set[str]:
        if "root" in token["policies"]:
            return {"root"}
        found: set[str] = set()
        for name in token["policies"]:
            for pattern, capabilities in self.policies.get(name, ()):
                if pattern.fullmatch(path):
                    found |= capabilities
        return found

    def _check(self, request: _Handler, path: str, *wanted: str) -> None:
        found = self._capabilities(self._whoami(request), path)
        if found.isdisjoint({"root", *wanted}):
            raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")

    def token_self(self, method, body, request, what) -> dict | None:
        token = self._whoami(request)
        if token.get("no_default_policy"):
            raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")
        left = token["expires"] - time.monotonic() if token["expires"] else 0
        if what == "renew-self":
            if not token["renewable"]:
                raise Refusal(400, "lease is not renewable")
            left = token["ttl"]
            token["expires"] = time.monotonic() + left
            given = request.headers["X-Vault-Token"]
            return {"auth": {"client_token": given, "lease_duration": int(left), "renewable": True}}
        shown = {k: token[k] for k in ("policies", "display_name", "renewable")}
        return {"data": {**shown, "ttl": int(left)}}

    def token_create(self, method, body, request) -> dict:
        self._check(request, "auth/token/create", "update")
        ttl = seconds(body.get("ttl"))
        renewable = body.get("renewable", bool(ttl))
        bare = bool(body.get("no_default_policy"))
        return self._grant(
            body.get("policies", []), ttl, renewable=renewable, no_default_policy=bare
        )

    def token_revoke(self, method, body, request) -> None:
        self._check(request, "auth/token/revoke", "update")
        self.tokens.pop(body["token"])

    def policy(self, method, body, request, name) -> None:
        self._check(request, f"sys/policies/acl/{name}", "update")
        rules = re.findall(r'path "([^"]+)"\s*{\s*capabilities\s*=\s*\[([^]]*)\]', body["policy"])
        self.policies[name] = [
            (re.compile("".join(WILDCARDS.get(c, re.escape(c)) for c in path)),
             {word.strip().strip('"') for word in words.split(",")})
            for path, words in rules
        ]  # fmt: skip

    def capabilities(self, method, body, request) -> dict:
        token = self._whoami(request)
        if token.get("no_default_policy"):
            raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")
        return {
            "data": {p: sorted(self._capabilities(token, p) or {"deny"}) for p in body["paths"]}
        }

    # auth methods

    def enable_auth(self, method, body, request, name) -> None:
        self._check(request, f"sys/auth/{name}", "update")
        self.auth[name] = body["type"]

    def write_role(self, method, body, request, mount, name) -> dict | None:
        self._check(request, f"auth/{mount}/role/{name}", "update")
        if mount not in self.auth:
            raise Refusal(
                404, f'no handler for route "auth/{mount}/role/{name}". route entry not found.'
            )
        made = {"role_id": secrets.token_hex(8), "secret_ids": set()}
        self.roles.setdefault(f"{mount}/{name}", made).update(body)
        return None

    def auth_config(self, method, body, request, mount) -> None:
        self._check(request, f"auth/{mount}/config", "update")
        self.roles[f"{mount}/config"] = body

    def role_id(self, method, body, request, mount, name) -> dict:
        return {"data": {"role_id": self.roles[f"{mount}/{name}"]["role_id"]}}

    def secret_id(self, method, body, request, mount, name) -> dict:
        made = secrets.token_hex(8)
        self.roles[f"{mount}/{name}"]["secret_ids"].add(made)
        answer = {"data": {"secret_id": made}}
        if not request.headers.get("X-Vault-Wrap-TTL"):
            return answer
        token = f"wrap-{secrets.token_hex(8)}"
        self.wrapped[token] = answer
        return {"wrap_info": {"token": token}}

    def unwrap(self, method, body, request) -> dict:
        found = self.wrapped.pop(request.headers.get("X-Vault-Token"), None)
        if found is None:
            raise Refusal(400, "wrapping token is not valid or does not exist")
        return found

    def log_in(self, method, body, request, mount, user=None) -> dict:
        kind = self.auth.get(mount)
        check = getattr(self, f"_by_{kind}", None)
        if check is None:
            raise Refusal(403, "permission denied")
        role = check(mount, body, user)
        ttl = seconds(role.get("token_ttl") or role.get("ttl") or 60)
        policies = role.get("token_policies") or role.get("policies") or []
        more = {"renewable": role.get("token_type") != "batch", "display_name": kind}
        return self._grant([policies] if isinstance(policies, str) else policies, ttl, **more)

    def _by_approle(self, mount, body, user) -> dict:
        for name, role in self.roles.items():
            if name.startswith(f"{mount}/") and role.get("role_id") == body["role_id"]:
                if body["secret_id"] in role["secret_ids"]:
                    return role
        raise Refusal(400, "invalid role or secret ID")

    def _by_userpass(self, mount, body, user) -> dict:
        role = self.roles.get(f"{mount}/users/{user}")
        if role is None or role["password"] != body["password"]:
            raise Refusal(400, "invalid username or password")
        return role

    def _by_jwt(self, mount, body, user) -> dict:
        role, config = self.roles[f"{mount}/{body['role']}"], self.roles[f"{mount}/config"]
        claims = _verified(body["jwt"], config["jwt_validation_pubkeys"][0])
        if claims is None or not set(role["bound_audiences"]) & {claims["aud"]}:
            raise Refusal(400, "error validating token: invalid audience (aud) claim")
        return role

    def _by_kubernetes(self, mount, body, user) -> dict:
        role = self.roles.get(f"{mount}/{body['role']}")
        account = body["jwt"].partition(".")[0]
        if role is None or account not in role["bound_service_account_names"]:
            raise Refusal(403, "permission denied")
        return role

    def _by_aws(self, mount, body, user) -> dict:
        """Check that a GetCallerIdentity was signed; the real server would send it to STS."""
        form = base64.b64decode(body["iam_request_body"]).decode()
        headers = json.loads(base64.b64decode(body["iam_request_headers"]))
        is_signed = headers["Authorization"][0].startswith("AWS4-HMAC-SHA256 Credential=AKIA")
        if "Action=GetCallerIdentity" not in form or not is_signed:
            raise Refusal(400, "error making upstream request: received error code 403 from STS")
        return self.roles[f"{mount}/{body['role']}"]

    def _by_cert(self, mount, body, user) -> dict:
        if not self.request.connection.getpeercert():
            raise Refusal(400, "client certificate must be supplied")
        return self.roles[f"{mount}/certs/{body['name']}"]

    # secrets engines

    def mount_info(self, method, body, request, path) -> dict:
        mount = next((m for m in self.mounts if path.startswith(f"{m}/")), None)
        token = self._whoami(request)
        rules = [p.pattern for name in token["policies"] for p, _ in self.policies.get(name, ())]
        if mount is None or not (
            "root" in token["policies"] or any(r.startswith(re.escape(mount)) for r in rules)
        ):
            raise Refusal(
                403,
                "preflight capability check returned 403, please ensure client's policies grant access to path",
            )
        options = self.mounts[mount] or None
        return {"data": {"path": f"{mount}/", "type": self.kinds[mount], "options": options}}

    def enable_engine(self, method, body, request, mount) -> None:
        self._check(request, f"sys/mounts/{mount}", "update")
        if method == "DELETE":
            del self.mounts[mount]
            self.held = {k: v for k, v in self.held.items() if not k.startswith(f"{mount}/")}
        else:
            self.mounts[mount] = body.get("options") or {}
            self.kinds[mount] = body["type"]
            self.transits[mount] = SmallTransit(Refusal)

    def _engine(self, method, path, body, request) -> dict | None:
        mount = next((m for m in self.mounts if path.startswith(f"{m}/")), None)
        rest = path.removeprefix(f"{mount}/")
        verb = {"GET": "read", "DELETE": "delete"}.get(method, "update")
        self._check(request, path, *({"update", "create"} if verb == "update" else {verb}))
        if mount is None:
            raise Refusal(404, f'no handler for route "{path}". route entry not found.')
        if self.kinds[mount] == "transit":
            return self.transits[mount].answer(method, rest, body)
        if self.kinds[mount] != "kv":
            raise Refusal(404, "1 error occurred:\n\t* unsupported path\n\n")
        if self.mounts[mount].get("version") != "2":
            return self._kv1(method, path, body)
        area, _, name = rest.partition("/")
        if area not in {"data", "metadata", "delete", "undelete", "destroy"}:
            raise Refusal(404, warnings=["Invalid path for a versioned K/V secrets engine."])
        return getattr(self, f"_kv2_{area}")(method, f"{mount}/{name}", body, request)

    def _kv1(self, method, path, body) -> dict | None:
        if method == "GET":
            if path not in self.held:
                raise Refusal(404)
            return {"data": self.held[path]}
        if method == "DELETE":
            self.held.pop(path, None)
            return None
        self.held[path] = body
        return None

    def _kv2_data(self, method, name, body, request) -> dict | None:
        held = self.held.setdefault(name, {"current_version": 0, "versions": {}, "values": {}})
        if method == "GET":
            number = int(request.query.get("version") or held["current_version"])
            version = held["versions"].get(str(number))
            if version is None:
                raise Refusal(404)
            shown = {**version, "version": number}
            if is_gone(version):
                raise Refusal(404, data={"data": None, "metadata": shown})
            return {"data": {"data": held["values"][number], "metadata": shown}}
        if method == "DELETE":
            held["versions"][str(held["current_version"])]["deletion_time"] = now()
            return None
        cas = body.get("options", {}).get("cas")
        if cas is not None and cas != held["current_version"]:
            raise Refusal(400, "check-and-set parameter did not match the current version")
        held["current_version"] = number = held["current_version"] + 1
        held["values"][number] = body["data"]
        end = now(later=held["lifetime"]) if held.get("lifetime") else ""
        version = {"created_time": now(), "deletion_time": end, "destroyed": False}
        held["versions"][str(number)] = version
        return {"data": {**version, "version": number}}

    def _kv2_metadata(self, method, name, body, request) -> dict | None:
        if method == "DELETE":
            self.held.pop(name, None)
            return None
        if method != "GET":
            held = self.held.setdefault(name, {"current_version": 0, "versions": {}, "values": {}})
            held["lifetime"] = seconds(body.get("delete_version_after"))
            return None
        if not self.held.get(name, {}).get("versions"):
            raise Refusal(404)
        held = self.held[name]
        return {"data": {"current_version": held["current_version"], "versions": held["versions"]}}

    def _kv2_delete(self, method, name, body, request) -> None:
        for number in body["versions"]:
            self.held[name]["versions"][str(number)]["deletion_time"] = now()

    def _kv2_destroy(self, method, name, body, request) -> None:
        for number in body["versions"]:
            self.held[name]["versions"][str(number)]["destroyed"] = True

    def seal(self, method, body, request) -> None:
        self.is_sealed = True


ROUTES = [
    (r"auth/token/(?P<what>lookup-self|renew-self)", SmallVault.token_self),
    (r"auth/token/create", SmallVault.token_create),
    (r"auth/token/revoke", SmallVault.token_revoke),
    (r"sys/seal", SmallVault.seal),
    (r"sys/policies/acl/(?P<name>.+)", SmallVault.policy),
    (r"sys/capabilities-self", SmallVault.capabilities),
    (r"sys/auth/(?P<name>.+)", SmallVault.enable_auth),
    (r"sys/mounts/(?P<mount>.+)", SmallVault.enable_engine),
    (r"sys/internal/ui/mounts/(?P<path>.+)", SmallVault.mount_info),
    (r"sys/wrapping/unwrap", SmallVault.unwrap),
    (r"auth/(?P<mount>[^/]+)/config", SmallVault.auth_config),
    (r"auth/(?P<mount>[^/]+)/role/(?P<name>[^/]+)", SmallVault.write_role),
    (r"auth/(?P<mount>[^/]+)/(?P<name>(?:users|certs)/[^/]+)", SmallVault.write_role),
    (r"auth/(?P<mount>[^/]+)/role/(?P<name>[^/]+)/role-id", SmallVault.role_id),
    (r"auth/(?P<mount>[^/]+)/role/(?P<name>[^/]+)/secret-id", SmallVault.secret_id),
    (r"auth/(?P<mount>[^/]+)/login(?:/(?P<user>[^/]+))?", SmallVault.log_in),
]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    vault: SmallVault

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}") or {}
        path, _, query = self.path.partition("?")
        self.query = dict(part.split("=", 1) for part in query.split("&") if part)
        try:
            answer = self.vault.answer(self.command, path.removeprefix("/v1/"), body, self)
            status = 204 if answer is None else 200
        except Refusal as refusal:
            answer, status = refusal.body, refusal.status
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = _respond

    def log_message(self, *arguments) -> None:
        """Quiet."""


def _verified(jwt: str, public_key: str) -> dict | None:
    _head, claims, signature = (base64.urlsafe_b64decode(p + "==") for p in jwt.split("."))
    r, s = (int.from_bytes(signature[i : i + 32]) for i in (0, 32))
    try:
        load_pem_public_key(public_key.encode()).verify(
            utils.encode_dss_signature(r, s),
            jwt.rpartition(".")[0].encode(),
            ec.ECDSA(hashes.SHA256()),
        )
    except InvalidSignature:
        return None
    return json.loads(claims)
