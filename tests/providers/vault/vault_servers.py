"""Servers of Vault, `bao` or `vault` from PATH in development mode or small, and their owner."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time

import hvac
import trustme
from fault_proxy import FaultProxy
from small_vault import SmallVault
from support import token
from waiting import PATIENCE

PROGRAM = shutil.which("bao") or shutil.which("vault")


class DevServer:
    """A real server, in memory, ended by its own process id."""

    def __init__(self, folder, *, tls: bool) -> None:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        self.root_token = f"root-{secrets.token_hex(8)}"
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
        secure = ["-dev-tls", f"-dev-tls-cert-dir={folder}"] if tls else ["-dev"]
        self.name = subprocess.run(
            [PROGRAM, "version"], capture_output=True, text=True
        ).stdout.strip()
        self._process = subprocess.Popen(
            [PROGRAM, "server", *secure, f"-dev-root-token-id={self.root_token}",
             f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        ends = time.monotonic() + PATIENCE
        while True:
            self.ca_file = str(next(folder.glob("*-ca.pem"), "")) or None
            client = hvac.Client(url=self.url, token=self.root_token, verify=self.ca_file)
            try:
                client.secrets.kv.v2.read_configuration()
                return
            except Exception:
                assert time.monotonic() < ends, "the development server does not start"
                time.sleep(0.05)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class SecureVault(SmallVault):
    """The small server over TLS, asking for client certificates."""

    def __init__(self, folder, authority: trustme.CA) -> None:
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        super().__init__(context)


class Operator:
    """What the owner of the server does, with hvac and the root token."""

    def __init__(self, server, proxy: FaultProxy, folder) -> None:
        self.folder = folder
        self.server = server
        self.proxy = proxy
        self.client = hvac.Client(
            url=server.url, token=server.root_token, verify=server.ca_file or True
        )

    def put(self, path: str, fields: dict, *, mount: str = "secret", kv: str = "2") -> None:
        engine = self.client.secrets.kv.v2 if kv == "2" else self.client.secrets.kv.v1
        name = path.removeprefix(f"{mount}/")
        engine.create_or_update_secret(name, secret=fields, mount_point=mount)

    def source(self, path: str, more: str = "", *, url: str | None = None) -> str:
        return f"vault://{path}?address={url or self.proxy.url}{more}"

    def policy(self, *rules: str, may: str = '"read"') -> str:
        name = f"p-{token()[:12].lower()}"
        text = "\n".join(f'path "{rule}" {{ capabilities = [{may}] }}' for rule in rules)
        self.client.sys.create_or_update_acl_policy(name, text)
        return name

    def token(self, *policies: str, ttl: str = "1h", **more) -> str:
        made = self.client.auth.token.create(policies=list(policies), ttl=ttl, **more)
        return made["auth"]["client_token"]

    def mount(self, kv: str, name: str | None = None) -> str:
        name = name or f"kv{token()[:10].lower()}"
        self.client.sys.enable_secrets_engine("kv", path=name, options={"version": kv})
        deadline = time.monotonic() + 10
        while kv == "2" and time.monotonic() < deadline:  # a real server upgrades a new mount
            try:
                self.client.secrets.kv.v2.create_or_update_secret(
                    "up", {"a": "b"}, mount_point=name
                )
                break
            except hvac.exceptions.InvalidRequest:
                time.sleep(0.05)
        return name

    def reader(self, path: str) -> str:
        """Write a pair, and return the name of a policy that may read it and nothing else."""
        self.put(path, {"api_key": token(), "api_secret": token()})
        return self.policy(path.replace("/", "/data/", 1))

    def approle(self, policy: str, **more) -> str:
        """Make a role; return what the bot's owner writes, with a file for the secret id."""
        mount = self.auth("approle")
        write = self.client.write_data
        write(
            f"auth/{mount}/role/bot", data={"token_policies": policy, "token_ttl": "100s", **more}
        )
        role_id = self.client.read(f"auth/{mount}/role/bot/role-id")["data"]["role_id"]
        self.secret_id_path = f"auth/{mount}/role/bot/secret-id"
        made = write(self.secret_id_path, data={"metadata": ""})["data"]["secret_id"]
        file = self.folder / f"{mount}.secret-id"
        file.write_text(made)
        return f"&auth=approle&auth_mount={mount}&role={role_id}&secret_id_file={file}"

    def auth(self, kind: str) -> str:
        name = f"{kind}-{token()[:8].lower()}"
        self.client.sys.enable_auth_method(kind, path=name)
        return name
