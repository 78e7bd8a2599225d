"""That an error names its cause: each case was once told as something else."""

from __future__ import annotations

import json

import pytest
from fault_proxy import answer, status
from support import caught, token
from waiting import PATIENCE

from binance_creds import Secret
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ProviderUnavailableError,
    SecretDisabledError,
    SecretNotFoundError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers.remote import _retries
from binance_creds.providers.vault._options import login_of
from binance_creds.providers.vault.kv_secrets import VaultProvider


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    monkeypatch.setattr(_retries, "FIRST_PAUSE_SECONDS", 0.001)


@pytest.fixture
def path(operator) -> str:
    """Of a pair that is there."""
    name = f"secret/bot/{token()[:12]}"
    operator.put(name, {"api_key": token(), "api_secret": token()})
    return name


def provider(source: str) -> VaultProvider:
    return VaultProvider(SourceURI.parse(source))


def refusal(source: str) -> BaseException:
    return caught(provider(source).fetch, Deadline(PATIENCE))


def pair() -> dict[str, Secret]:
    return {"api_key": Secret(token()), "api_secret": Secret(token())}


class TestTls:
    def test_a_server_without_tls_has_no_bad_certificate(self, operator, path) -> None:
        url = operator.server.url.replace("http://", "https://")
        error = refusal(operator.source(path, url=url))
        assert type(error) is ConfigurationError
        assert "does not speak TLS" in str(error)
        assert "`address`" in str(error)
        assert "trust" not in str(error)

    @pytest.mark.parametrize("key", ["none", "of another"])
    def test_a_client_certificate_without_its_key(
        self, secure, authority, machine, tmp_path, key
    ) -> None:
        certificate = authority.issue_cert("bot.example")
        certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
        machine.setenv("VAULT_CACERT", secure.server.ca_file)
        machine.setenv("VAULT_TOKEN", "x")
        machine.setenv("VAULT_CLIENT_CERT", str(tmp_path / "cert.pem"))
        if key == "of another":
            authority.issue_cert("x").private_key_pem.write_to_path(tmp_path / "key.pem")
            machine.setenv("VAULT_CLIENT_KEY", str(tmp_path / "key.pem"))
        error = refusal(secure.source("secret/bot", url=secure.server.url))
        assert type(error) is ConfigurationError
        assert "private key is missing or does not match" in str(error)
        assert "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY" in str(error)


class TestCertificateLogin:
    def test_without_a_certificate(self, secure, machine) -> None:
        machine.setenv("VAULT_CACERT", secure.server.ca_file)
        error = refusal(secure.source("secret/bot", "&auth=cert", url=secure.server.url))
        assert type(error) is ConfigurationError
        assert "needs a client certificate, and none is set" in str(error)
        assert "VAULT_CLIENT_CERT" in str(error)

    def test_without_tls(self, operator, machine) -> None:
        machine.setenv("VAULT_CLIENT_CERT", "cert.pem")
        error = refusal(operator.source("secret/bot", "&auth=cert"))
        assert type(error) is ConfigurationError
        assert "needs TLS" in str(error)


class TestMount:
    @pytest.mark.parametrize("more", ["&kv=2&mount=secret/team", "&mount=secret/team"])
    def test_a_path_within_a_mount_is_none(self, operator, more) -> None:
        name = f"secret/team/{token()[:12]}"
        operator.put(name, {"api_key": token(), "api_secret": token()})
        error = refusal(operator.source(name, more))
        assert type(error) is ConfigurationError
        assert "in the mount 'secret', which is KV version 2" in str(error)
        assert "?mount=secret&kv=2" in str(error)

    @pytest.mark.parametrize("part", ["data", "metadata"])
    def test_a_path_of_the_api_is_no_absence(self, operator, path, part) -> None:
        """The next source may have an old pair; a secret may be called so all the same."""
        written = path.replace("/", f"/{part}/", 1)
        error = refusal(operator.source(written))
        assert type(error) is ConfigurationError
        assert "written as in the HTTP API" in str(error)
        operator.put(written, {"api_key": token(), "api_secret": token()})
        assert provider(operator.source(written)).fetch(Deadline(PATIENCE)).version == "1"

    def test_what_was_found_before_does_not_pass_a_wrong_mount(self, operator) -> None:
        name = f"secret/team/{token()[:12]}"
        operator.put(name, {"api_key": token(), "api_secret": token()})
        assert provider(operator.source(name)).fetch(Deadline(PATIENCE)).version == "1"
        error = refusal(operator.source(name, "&mount=secret/team"))
        assert "in the mount 'secret'" in str(error)

    @pytest.mark.parametrize("is_root", [True, False])
    def test_the_first_segment_is_not_all_of_a_mount(self, operator, machine, is_root) -> None:
        """A token that is no root's is denied before it hears that there is no such mount."""
        mount = operator.mount("2", f"team/{token()[:8].lower()}")
        operator.put(f"{mount}/bot", {"api_key": token(), "api_secret": token()}, mount=mount)
        if not is_root:
            policy = operator.policy(f"{mount}/data/bot")
            machine.setenv("VAULT_TOKEN", operator.token(policy))
        error = refusal(operator.source(f"{mount}/bot", "&kv=2"))
        assert type(error) is ConfigurationError
        assert f"in the mount '{mount}'" in str(error)

    def test_the_version_of_the_mount_is_told(self, operator, path) -> None:
        error = refusal(operator.source(path, "&kv=1"))
        assert "the mount is KV version 2" in str(error)
        assert "Leave out `kv`" in str(error)

    def test_a_mount_that_the_source_does_not_name_is_not_repeated(self, operator, path) -> None:
        said = token()
        told = {"data": {"path": f"{said}/", "type": "kv", "options": {"version": "2"}}}

        def lie(handler, code, head, body):
            if "/internal/ui/mounts/" in handler.path:
                return status(200, json.dumps(told).encode())(handler)
            answer(handler, code, head, body)

        with operator.proxy.failing(lie):
            error = refusal(operator.source(f"{path}-absent", "&kv=2"))
        assert type(error) is ConfigurationError
        assert "the mount is another one" in str(error)
        assert said not in str(error)


class TestVersion:
    def test_a_secret_without_this_version(self, operator, path) -> None:
        error = refusal(operator.source(path, "&version=99"))
        assert type(error) is SecretNotFoundError
        assert "the secret exists and has no such version" in str(error)
        assert "`version`" in str(error)

    @pytest.mark.parametrize("more", ["", "&kv=2"])
    def test_no_secret_has_no_version_either(self, operator, path, more) -> None:
        error = refusal(operator.source(f"{path}-absent", f"&version=99{more}"))
        assert type(error) is SecretNotFoundError
        assert "no such secret" in str(error)

    def test_which_of_both_is_not_told_to_everybody(self, operator, path, machine) -> None:
        """The metadata may be denied."""
        policy = operator.policy(path.replace("/", "/data/", 1))
        machine.setenv("VAULT_TOKEN", operator.token(policy))
        error = refusal(operator.source(path, "&version=99"))
        assert type(error) is SecretNotFoundError
        assert "no such secret, or it has no such version" in str(error)

    def test_a_deleted_one_is_deleted(self, operator, path) -> None:
        operator.client.delete(path.replace("/", "/data/", 1))
        error = refusal(operator.source(path, "&version=1"))
        assert type(error) is SecretDisabledError


class TestLogin:
    @pytest.mark.parametrize(
        ("code", "said"), [(403, "permission denied"), (400, "missing client token")]
    )
    def test_a_method_that_may_not_be_mounted(self, operator, machine, code, said) -> None:
        """OpenBao and newer Vaults say so of it; so does a role that is refused."""
        machine.setenv("VAULT_SECRET_ID", "x")
        source = operator.source("secret/bot", "&auth=approle&role=r&auth_mount=nowhere")
        with operator.proxy.failing(status(code, json.dumps({"errors": [said]}).encode())):
            error = refusal(source)
        assert type(error) is AuthenticationError
        for name in ("`auth_mount`", "`namespace`", "secret id"):
            assert name in str(error)

    def test_by_the_server(self, operator, machine) -> None:
        machine.setenv("VAULT_SECRET_ID", "x")
        error = refusal(operator.source("secret/bot", "&auth=approle&role=r&auth_mount=nowhere"))
        assert type(error) in {AuthenticationError, ConfigurationError}
        assert "`auth_mount` and `namespace`" in str(error)

    def test_a_namespace_that_is_not_there(self, operator, machine) -> None:
        machine.setenv("VAULT_SECRET_ID", "x")
        said = b'{"errors":["namespace not found"]}'
        with operator.proxy.failing(status(404, said)):
            error = refusal(operator.source("secret/bot", "&auth=approle&role=r&namespace=team"))
        assert type(error) is ConfigurationError
        assert "no such namespace" in str(error)


class TestAddress:
    @pytest.mark.parametrize(
        ("given", "used"),
        [
            ("https://vault:8200", "https://vault:8200"),
            ("https://vault:8200/", "https://vault:8200"),
            ("https://vault:8200/v1", "https://vault:8200"),
            ("https://vault:8200/v1/", "https://vault:8200"),
            ("https://vault:8200//v1//", "https://vault:8200"),
            ("https://vault:8200/ui/", "https://vault:8200"),
            ("https://vault:8200/ui/vault/secrets", "https://vault:8200"),
            ("HTTPS://VAULT.EXAMPLE:8200", "https://vault.example:8200"),
            ("HTTPS://VAULT.EXAMPLE:8200/V1/", "https://vault.example:8200"),
            ("https://proxy/Vault/v1", "https://proxy/Vault"),
            ("https://proxy/v1/vault", "https://proxy/v1/vault"),
            ("https://Bob:Pass@VAULT", "https://Bob:Pass@vault"),
            (" https://vault:8200\n", "https://vault:8200"),
        ],
    )
    def test_what_is_copied_along_is_left_out(self, machine, given, used) -> None:
        machine.setenv("VAULT_ADDR", given)
        assert used == login_of(SourceURI.parse("vault://secret/bot")).address

    def test_it_is_read(self, operator, path) -> None:
        url = operator.proxy.url.replace("http://", "HTTP://")
        it = provider(operator.source(path, url=f"{url}/v1/"))
        assert it.fetch(Deadline(PATIENCE)).version == "1"

    @pytest.mark.parametrize(
        "given",
        ["vault:8200", "unix:///run/vault.sock", "https:/vault", "https://v?x=1", "https://v#x"],
    )
    def test_what_is_no_url_is_told_how_to_write(self, machine, given) -> None:
        machine.setenv("VAULT_ADDR", given)
        error = caught(provider, "vault://secret/bot")
        assert type(error) is ConfigurationError
        assert "https://HOST:PORT" in str(error)


class TestSealed:
    def test_a_server_that_is_not_initialised(self, small, machine) -> None:
        """It says that it is sealed; there is nothing to unseal."""
        small.server.is_initialised = False
        machine.setenv("VAULT_TOKEN", "x")
        error = refusal(small.source("secret/bot", "&namespace=team"))
        assert type(error) is ProviderUnavailableError
        assert "not initialised. Run: vault operator init" in str(error)

    def test_one_that_does_not_tell_is_sealed(self, operator) -> None:
        with operator.proxy.failing(status(503, b'{"errors":["Vault is sealed"]}')):
            error = refusal(operator.source("secret/bot"))
        assert "the server is sealed" in str(error)


class TestDenied:
    def test_a_token_that_may_not_look_itself_up_is_not_expired(
        self, operator, path, machine
    ) -> None:
        """It lacks the policy `default`; that it may read another secret shows it good."""
        policy = operator.policy("secret/data/other")
        machine.setenv("VAULT_TOKEN", operator.token(policy, no_default_policy=True))
        assert type(refusal(operator.source(path))) is AccessDeniedError


class TestStoring:
    @pytest.fixture
    def writer(self, operator, path, machine) -> VaultProvider:
        """Of a token with the permissions that the documentation names, and no others."""
        policy = operator.policy(path.replace("/", "/data/", 1), may='"create", "update"')
        machine.setenv("VAULT_TOKEN", operator.token(policy))
        return provider(operator.source(path))

    def test_create_and_update_are_enough(self, writer) -> None:
        assert writer.store(pair(), Deadline(PATIENCE), expected_version="1") == "2"

    @pytest.mark.parametrize("expected", [None, "2", "content-0a1b"])
    def test_a_stale_version_is_told_as_one(self, writer, expected) -> None:
        error = caught(writer.store, pair(), Deadline(PATIENCE), expected_version=expected)
        assert type(error) is ConflictError
        assert "the secret has changed" in str(error)

    def test_a_token_without_the_policy_default_is_not_asked_what_it_may(
        self, operator, path, machine
    ) -> None:
        policy = operator.policy(path.replace("/", "/data/", 1))
        machine.setenv("VAULT_TOKEN", operator.token(policy, no_default_policy=True))
        provider(operator.source(path)).check_store(Deadline(PATIENCE))

    def test_a_lost_answer_leaves_it_in_doubt(self, operator, writer) -> None:
        """And is no change of somebody else's."""
        lost = []

        def lose(handler, code, head, body):
            is_lost = handler.command in {"POST", "PUT"} and not lost
            if is_lost:
                lost.append(1)
            (status(502) if is_lost else answer)(handler, code, head, body)

        with operator.proxy.failing(lose):
            error = caught(writer.store, pair(), Deadline(PATIENCE), expected_version="1")
        assert type(error) is AccessDeniedError
        assert "the answer to a write was lost" in str(error)

    @pytest.mark.parametrize(("expected", "says"), [("2", "has changed"), (None, "undelete")])
    def test_what_was_deleted_since(self, operator, path, expected, says) -> None:
        operator.put(path, {"a": "b"})
        operator.put(path, {"a": "b"})
        operator.client.delete(path.replace("/", "/data/", 1))
        it = provider(operator.source(path))
        error = caught(it.store, pair(), Deadline(PATIENCE), expected_version=expected)
        assert says in str(error)

    def test_what_became_of_the_mount_is_told_before_a_write(self, operator) -> None:
        """Of version 1, where what is there is read first."""
        it = provider(operator.source(f"{operator.mount('1')}/bot"))
        version = it.store(pair(), Deadline(PATIENCE))
        said = status(404, b'{"errors":["no handler for route"]}')

        def unmounted(handler, code, head, body):
            (answer if "/sys/" in handler.path else said)(handler, code, head, body)

        with operator.proxy.failing(unmounted):
            error = caught(it.store, pair(), Deadline(PATIENCE), expected_version=version)
        assert type(error) is ConfigurationError
        assert "no secrets engine is mounted" in str(error)
