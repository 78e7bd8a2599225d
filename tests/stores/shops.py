"""The four cloud stores in one shape, each a real server behind a `FaultProxy`.

A shop is what a store's owner does with it (`put`, `deny`, `switch_off`, ...) and what the bot's
owner writes (`source`, and `environ`). Nothing here knows a provider.
"""

from __future__ import annotations

import json
import secrets
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import aws_models
import boto3
import hvac
import trustme
from azure_server import LOGIN, SUFFIX, TENANT, FakeAzure
from cryptography.hazmat.primitives.asymmetric import rsa
from fault_proxy import Fault, FaultProxy, _Handler, answer, status
from gcp_server import BOT, Backend, Server, State, public_pem, write_key
from moto.server import ThreadedMotoServer
from small_vault import SmallVault
from support import token

aws_models.read_once()

ACCESS = "secretmanager.versions.access"


class Shop:
    """One store; `open` gives every test a proxy and a login of its own.

    `deny` and `forget_login` return the variables that change for the bot.
    """

    scheme: str
    extra: str
    is_atomic = True  # whether the store compares and writes in one step
    proxy: FaultProxy
    environ: dict[str, str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> None:
        """Begin a test."""
        raise NotImplementedError

    def put(self, name: str, fields: dict[str, str]) -> None:
        """Write a new version, and make it the current one."""
        self.put_text(name, json.dumps(fields))

    def put_text(self, name: str, text: str) -> None:
        raise NotImplementedError

    def source(self, name: str, url: str | None = None) -> str:
        """Return the source of a secret, at the proxy or at another address."""
        raise NotImplementedError

    def deny(self) -> dict[str, str]:
        """Let the store know who asks, and say no."""
        raise NotImplementedError

    def deny_writing(self) -> dict[str, str]:
        """Let whoever asks read, and say no to each write."""
        raise NotImplementedError

    def is_write(self, handler: _Handler) -> bool:
        """Return whether a request to the proxy would change what the secret holds."""
        raise NotImplementedError

    def spoil_writes(self, fault: Fault) -> None:
        """Answer each write by a fault; whether it is done first, the fault says."""

        def spoil(handler, *answered) -> None:
            (fault if self.is_write(handler) else answer)(handler, *answered)

        if getattr(fault, "needs_no_upstream", False):
            spoil.needs_no_upstream = self.is_write
        self.proxy.fault = spoil

    def forget_login(self) -> dict[str, str]:
        """Let the store not know who asks."""
        raise NotImplementedError

    def switch_off(self, name: str) -> None:
        """Disable the secret or delete it so that it can be brought back."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Aws(Shop):
    scheme, extra, region = "aws-sm", "aws", "ap-northeast-1"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        key = {"aws_access_key_id": "AKIAOWNEROWNEROWNER0", "aws_secret_access_key": token()[:40]}
        self.client = boto3.client(
            "secretsmanager", endpoint_url=self.url, region_name=self.region, **key
        )

    def open(self) -> None:
        self.proxy = FaultProxy(self.url)
        self.environ = {
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
            "AWS_SECRET_ACCESS_KEY": token()[:40],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "none"),
        }

    def put_text(self, name: str, text: str) -> None:
        try:
            self.client.create_secret(Name=name, SecretString=text)
        except self.client.exceptions.ResourceExistsException:
            self.client.put_secret_value(SecretId=name, SecretString=text)

    def source(self, name: str, url: str | None = None) -> str:
        return f"aws-sm://{name}?region={self.region}&endpoint_url={url or self.proxy.url}"

    def deny(self) -> dict[str, str]:
        return self._refuse("AccessDeniedException")

    def forget_login(self) -> dict[str, str]:
        return self._refuse("UnrecognizedClientException")

    def deny_writing(self) -> dict[str, str]:
        denial = status(400, b'{"__type": "AccessDeniedException"}')
        self.spoil_writes(denial)
        return {}

    def is_write(self, handler: _Handler) -> bool:
        return handler.headers["X-Amz-Target"].endswith(("CreateSecret", "PutSecretValue"))

    def _refuse(self, code: str) -> dict[str, str]:
        """Moto has no policies and knows everybody."""
        self.proxy.fault = status(400, json.dumps({"__type": code}).encode())
        return {}

    def switch_off(self, name: str) -> None:
        self.client.delete_secret(SecretId=name, RecoveryWindowInDays=7)

    def close(self) -> None:
        self._server.stop()


class Vault(Shop):
    scheme, extra = "vault", "vault"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server = SmallVault()
        self.client = hvac.Client(url=self._server.url, token=self._server.root_token)

    def open(self) -> None:
        self.proxy = FaultProxy(self._server.url)
        self.environ = {"VAULT_TOKEN": self._server.root_token, "HOME": str(self.folder)}

    def put_text(self, name: str, text: str) -> None:
        """A secret here is an object; what is none becomes one that holds no pair."""
        held = json.loads(text) if text.endswith("}") else {"text": text}
        self.client.secrets.kv.v2.create_or_update_secret(name, held)

    def source(self, name: str, url: str | None = None) -> str:
        return f"{self.scheme}://secret/{name}?address={url or self.proxy.url}"

    def deny(self) -> dict[str, str]:
        made = self.client.auth.token.create(policies=["nothing"], ttl="3600s")
        return {"VAULT_TOKEN": made["auth"]["client_token"]}

    def deny_writing(self) -> dict[str, str]:
        reads = 'path "secret/*" { capabilities = ["read"] }'
        self.client.sys.create_or_update_acl_policy("reads", reads)
        made = self.client.auth.token.create(policies=["reads"], ttl="3600s")
        return {"VAULT_TOKEN": made["auth"]["client_token"]}

    def is_write(self, handler: _Handler) -> bool:
        return "/secret/data/" in handler.path and handler.command != "GET"

    def forget_login(self) -> dict[str, str]:
        return {"VAULT_TOKEN": token()}

    def switch_off(self, name: str) -> None:
        self.client.secrets.kv.v2.delete_latest_version_of_secret(name)

    def close(self) -> None:
        self._server.close()


class Gcp(Shop):
    scheme, extra = "gcp-sm", "gcp"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        certificate = authority.issue_cert("localhost")
        self._server = Server(certificate)
        self._tls = _served_by(certificate)
        self._key = rsa.generate_private_key(65537, 1024)  # small: checking it takes time
        write_key(folder / "key.json", self._key)

    def open(self) -> None:
        self.proxy = FaultProxy(
            f"http://{self._server.plain_rest}", server_tls=self._tls, host="localhost"
        )
        self._server.backend = Backend(keys={BOT: public_pem(self._key)})
        self.environ = {
            "REQUESTS_CA_BUNDLE": str(self.folder / "ca.pem"),
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.folder / "key.json"),
            "CLOUDSDK_CONFIG": str(self.folder),
            "NO_GCE_CHECK": "true",
            "NO_PROXY": "localhost",
        }

    def put_text(self, name: str, text: str) -> None:
        self._server.backend.put(f"projects/my-project/secrets/{name}", text)

    def source(self, name: str, url: str | None = None) -> str:
        host = urlsplit(url or self.proxy.url).netloc
        return f"gcp-sm://my-project/{name}?transport=rest&endpoint={host}"

    def deny(self) -> dict[str, str]:
        self._server.backend.denied.add((BOT, ACCESS))
        return {}

    def deny_writing(self) -> dict[str, str]:
        self._server.backend.denied.add((BOT, "secretmanager.versions.add"))
        return {}

    def is_write(self, handler: _Handler) -> bool:
        return handler.path.partition("?")[0].endswith(":addVersion")

    def forget_login(self) -> dict[str, str]:
        self._server.backend.keys.clear()
        return {}

    def switch_off(self, name: str) -> None:
        versions = self._server.backend.versions[f"projects/my-project/secrets/{name}"]
        versions[-1].state = State.DISABLED

    def close(self) -> None:
        self._server.close()


class Azure(Shop):
    scheme, extra, is_atomic = "azure-kv", "azure", False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._server = FakeAzure()
        self._server.ca.cert_pem.write_to_path(str(folder / "ca.pem"))

    def open(self) -> None:
        server = self._server
        server.reset()
        self.proxy = FaultProxy(
            f"https://127.0.0.1:{server.port}",
            server_tls=_served_by(server.certificate),
            client_tls=ssl.create_default_context(cadata=server.ca.cert_pem.bytes().decode()),
            host=f"myvault.{SUFFIX}",
        )
        port = urlsplit(self.proxy.url).port
        server.resource = f"https://{SUFFIX}:{port}"  # a vault vouches for the host it is asked at
        self._client, secret = server.client("get", "list", "set", "get-deleted", "delete", "purge")
        self.environ = {
            "REQUESTS_CA_BUNDLE": str(self.folder / "ca.pem"),
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": self._client,
            "AZURE_CLIENT_SECRET": secret,
        }

    def put_text(self, name: str, text: str) -> None:
        self._server.put(name, text)

    def source(self, name: str, url: str | None = None) -> str:
        port = urlsplit(url or self.proxy.url).port
        options = f"auth=secret&authority={LOGIN}:{self._server.port}"
        return f"azure-kv://myvault.{SUFFIX}:{port}/{name}?{options}"

    def deny(self) -> dict[str, str]:
        self._server.allowed[self._client].clear()
        return {}

    def deny_writing(self) -> dict[str, str]:
        self._server.allowed[self._client].discard("set")
        return {}

    def is_write(self, handler: _Handler) -> bool:
        return handler.command == "PUT"

    def forget_login(self) -> dict[str, str]:
        return {"AZURE_CLIENT_SECRET": secrets.token_urlsafe(48)}

    def switch_off(self, name: str) -> None:
        self._server.delete(name)

    def close(self) -> None:
        self._server.close()


SHOPS = {shop.scheme: shop for shop in (Aws, Vault, Gcp, Azure)}
STORES = [*SHOPS, "dotenv", "file", "keyring"]  # that can be written


def _served_by(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
