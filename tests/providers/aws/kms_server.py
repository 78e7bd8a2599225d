"""AWS KMS on this machine, by botocore's own model of the service: what a request may say, and what
an answer holds. moto signs no Ed25519.

Source of its behaviour: API reference of AWS KMS, CreateKey, CreateAlias, DescribeKey, GetPublicKey,
ListAliases, ListKeys, Sign, UpdateKeyDescription; Developer Guide, "AWS KMS eventual consistency".
"""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import botocore.session
from botocore.validate import ParamValidator
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from serving import end

MODEL = botocore.session.get_session().get_service_model("kms")
ACCOUNT = "123456789012"
MOST_BYTES = 4096
SIGNING = {
    "ECC_NIST_EDWARDS25519": ["ED25519_SHA_512", "ED25519_PH_SHA_512"],
    "ECC_NIST_P256": ["ECDSA_SHA_256"],
    "RSA_2048": ["RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256"],
}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass
class Key:
    spec: str
    usage: str = "SIGN_VERIFY"
    state: str = "Enabled"
    private: object = None
    description: str = ""
    created: float = 1_700_000_000.0  # seconds since the epoch
    shows_after: int = 0  # so many requests to the service: it is consistent in the end alone

    def __post_init__(self) -> None:
        if self.private is not None:
            return
        if self.spec == "ECC_NIST_EDWARDS25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
        elif self.spec == "ECC_NIST_P256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        elif self.spec.startswith("RSA_"):
            self.private = rsa.generate_private_key(65537, int(self.spec[4:]))

    def signed(self, message: bytes, kind: str) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            assert kind == "RAW"
            return self.private.sign(message)
        how = Prehashed(SHA256()) if kind == "DIGEST" else SHA256()
        return self.private.sign(message, padding.PKCS1v15(), how)


@dataclass
class FakeKms:
    """The keys of one account in one region."""

    region: str = "ap-northeast-1"
    keys: dict[str, Key] = field(default_factory=dict)  # by ARN
    aliases: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    requests: list[dict[str, object]] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    refusal: Refusal | None = None  # of each request
    meeting: threading.Barrier | None = None  # signatures wait here for each other
    lag: int = 0  # requests until a new key is seen
    after: dict[str, Callable[[], object]] = field(default_factory=dict)  # by operation: once

    def make(self, spec: str = "ECC_NIST_EDWARDS25519", **more: object) -> str:
        """Make a key, and return its ARN."""
        arn = f"arn:aws:kms:{self.region}:{ACCOUNT}:key/{uuid.uuid4()}"
        self.keys[arn] = Key(spec, **more)
        return arn

    def answer(self, operation: str, given: dict[str, object], region: str) -> dict[str, object]:
        self.calls[operation] += 1
        self.requests.append(given)
        if self.refusal is not None:
            raise self.refusal
        if operation in self.denied:
            who = f"arn:aws:iam::{ACCOUNT}:user/bot"
            text = f"User: {who} is not authorized to perform: kms:{operation} on this resource"
            raise Refusal("AccessDeniedException", text)
        answer = getattr(self, f"on_{operation}")(given, region)
        self.after.pop(operation, lambda: None)()
        return answer

    def shows(self, arn: str) -> bool:
        return arn in self.keys and self.keys[arn].shows_after < self.calls.total()

    def found(self, name: str, region: str) -> tuple[str, Key]:
        short = name.partition(f"{ACCOUNT}:")[2] or name
        arn = f"arn:aws:kms:{self.region}:{ACCOUNT}:key/{short.removeprefix('key/')}"
        if short.startswith("alias/"):
            arn = self.aliases.get(short, "")
        if region != self.region or not self.shows(arn):
            kind = "Alias" if short.startswith("alias/") else "Key"
            asked = f"arn:aws:kms:{region}:{ACCOUNT}:{short}"
            raise Refusal("NotFoundException", f"{kind} '{asked}' does not exist")
        return arn, self.keys[arn]

    def usable(self, name: str, region: str) -> tuple[str, Key]:
        arn, key = self.found(name, region)
        if key.state == "Disabled":
            raise Refusal("DisabledException", f"{arn} is disabled.")
        if key.state == "PendingDeletion":
            raise Refusal("KMSInvalidStateException", f"{arn} is pending deletion.")
        if key.state != "Enabled":
            raise Refusal("KMSInvalidStateException", f"{arn} is unavailable.")
        return arn, key

    def on_CreateKey(self, given, region):
        if region != self.region or given["KeySpec"] not in SIGNING:
            text = "Value at 'keySpec' failed to satisfy constraint: Member must satisfy enum"
            raise Refusal("ValidationException", f"1 validation error detected: {text}")
        arn = self.make(given["KeySpec"], usage=given["KeyUsage"])
        key = self.keys[arn]
        key.description, key.created = given.get("Description", ""), key.created + len(self.keys)
        key.shows_after = self.calls.total() + self.lag
        return {"KeyMetadata": described(arn, key)}

    def on_CreateAlias(self, given, region):
        name = given["AliasName"]
        if not re.fullmatch(r"alias/(?!aws/)[\w/-]+", name):
            raise Refusal("InvalidAliasNameException", name)
        arn, _ = self.usable(given["TargetKeyId"], region)
        if name in self.aliases:
            raise Refusal("AlreadyExistsException", f"An alias with the name {name} exists")
        self.aliases[name] = arn
        return {}

    def on_DescribeKey(self, given, region):
        return {"KeyMetadata": described(*self.found(given["KeyId"], region))}

    def on_UpdateKeyDescription(self, given, region):
        self.usable(given["KeyId"], region)[1].description = given["Description"]
        return {}

    def on_ListKeys(self, given, _):
        shown = [arn for arn in self.keys if self.shows(arn)]
        keys = [{"KeyArn": arn, "KeyId": arn.rpartition("/")[2]} for arn in shown]
        return self.page("Keys", keys, given)

    def on_ListAliases(self, given, _):
        aliases = [
            {"AliasName": name, "TargetKeyId": arn.rpartition("/")[2]}
            for name, arn in self.aliases.items()
        ]
        return self.page("Aliases", [{"AliasName": "alias/aws/sns"}, *aliases], given)

    def page(self, member: str, listed: list[object], given: dict[str, object]):
        """Return one page; a service may give fewer than were asked for."""
        start = int(given.get("Marker", 0))
        end = start + min(given["Limit"], 2)
        more = {"NextMarker": str(end)} if end < len(listed) else {}
        return {member: listed[start:end], "Truncated": bool(more), **more}

    def on_GetPublicKey(self, given, region):
        arn, key = self.usable(given["KeyId"], region)
        if key.private is None:
            text = f"{arn} is symmetric."
            raise Refusal("UnsupportedOperationException", text)
        der = key.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        answer = {"KeyId": arn, "PublicKey": der, "KeySpec": key.spec, "KeyUsage": key.usage}
        if key.usage == "SIGN_VERIFY":
            return answer | {"SigningAlgorithms": SIGNING[key.spec]}
        return answer | {"EncryptionAlgorithms": ["RSAES_OAEP_SHA_256"]}

    def on_Sign(self, given, region):
        arn, key = self.usable(given["KeyId"], region)
        algorithm = given["SigningAlgorithm"]
        if key.usage != "SIGN_VERIFY" or algorithm not in SIGNING[key.spec]:
            raise Refusal("InvalidKeyUsageException", f"{arn} does not sign with {algorithm}.")
        if len(given["Message"]) > MOST_BYTES:
            text = "1 validation error detected: Value at 'message' failed to satisfy constraint"
            raise Refusal("ValidationException", text)
        if self.meeting is not None:
            self.meeting.wait()
        signature = key.signed(given["Message"], given.get("MessageType", "RAW"))
        return {"KeyId": arn, "Signature": signature, "SigningAlgorithm": algorithm}


def described(arn: str, key: Key) -> dict[str, object]:
    return {
        "Arn": arn, "KeyId": arn.rpartition("/")[2], "CreationDate": key.created,
        "Description": key.description, "KeySpec": key.spec, "KeyState": key.state,
        "KeyUsage": key.usage,
    }  # fmt: skip


class KmsServer:
    """A `FakeKms` on a socket."""

    def __init__(self) -> None:
        self.kms = FakeKms()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        end(self._server)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            status, answer = 200, self._answer(json.loads(body))
        except Refusal as refusal:
            status = refusal.status
            answer = {"__type": refusal.code, "message": refusal.message}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, given: dict[str, object]) -> dict[str, object]:
        target, _, operation = self.headers["X-Amz-Target"].partition(".")
        assert target == MODEL.metadata["targetPrefix"]
        region = re.search(r"/([\w-]+)/kms/aws4_request", self.headers["Authorization"])[1]
        model = MODEL.operation_model(operation)
        read = _read(given, model.input_shape)
        answer = self.server.owner.kms.answer(operation, read, region)
        assert answer.keys() <= (model.output_shape.members.keys() if model.output_shape else set())
        return {name: _written(value) for name, value in answer.items()}

    def log_message(self, *arguments) -> None:
        """Tests read `calls`."""


def _read(given, shape) -> dict[str, object]:
    """Return a request as the model of the service has it; what it does not know is refused."""
    assert given.keys() <= shape.members.keys()
    read = {
        name: base64.b64decode(value) if shape.members[name].type_name == "blob" else value
        for name, value in given.items()
    }
    report = ParamValidator().validate(read, shape)
    assert not report.has_errors(), report.generate_report()
    for name, value in read.items():
        allowed = getattr(shape.members[name], "enum", ())
        assert not allowed or value in allowed
    return read


def _written(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
