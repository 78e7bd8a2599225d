"""Every way to log in, and what keeps a login alive."""

from __future__ import annotations

import base64
import json
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fault_proxy import FaultProxy, answer, hang, status
from support import caught, token
from waiting import PATIENCE, beside, wait_for

from binance_creds import load_credentials
from binance_creds.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigurationError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
)
from binance_creds.providers import Deadline, SourceURI
from binance_creds.providers.vault._login import VaultLogin
from binance_creds.providers.vault._methods import METHODS
from binance_creds.providers.vault._options import login_of
from binance_creds.providers.vault._session import SESSIONS, VaultSession
from binance_creds.providers.vault.kv_secrets import VaultProvider
from binance_creds.testing import FakeClock, assert_no_leak, watch_for_leaks

AUDIENCE = "https://vault.example"


@pytest.fixture
def path() -> str:
    return f"secret/bot/{token()[:12]}"


@pytest.fixture
def policy(operator, path, machine) -> str:
    """Of a pair that is there, while the machine has no token of its own."""
    machine.delenv("VAULT_TOKEN")
    return operator.reader(path)


def load(source: str) -> str | None:
    return load_credentials(source, fresh=True).version


def rewriting(part: str, **auth: object):
    """Let a login or renewal say something else."""

    def fault(handler, code, head, body):
        if part in handler.path:
            said = json.loads(body)
            said["auth"] |= auth
            body = json.dumps(said).encode()
        answer(handler, code, head, body)

    return fault


def jwt(key: ec.EllipticCurvePrivateKey, **claims: object) -> str:
    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    head = part(json.dumps({"alg": "ES256", "typ": "JWT"}).encode())
    moment = int(time.time())
    body = {"sub": "repo:me/bot", "aud": AUDIENCE, "iat": moment, "exp": moment + 300, **claims}
    signed = head + b"." + part(json.dumps(body).encode())
    r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return (signed + b"." + part(r.to_bytes(32) + s.to_bytes(32))).decode()


COPIED = {
    "quotes": ('"{}"', "is in quotes"),
    "one quote": ("'{}'", "is in quotes"),
    "a document": ('{{"token":"{}"}}', "is a document"),
    "a line break": ("{}\nx", "a line break"),
    "a mark": ("\ufeff{}", "another character"),
    "two lines": ("{0}\n{0}", "a line break"),
}
LOGINS = {
    "VAULT_TOKEN": "",
    "VAULT_SECRET_ID": "&auth=approle&role=x",
    "VAULT_ROLE_ID": "&auth=approle",
    "VAULT_JWT": "&auth=jwt&role=x",
}


@pytest.mark.parametrize("copied", COPIED)
@pytest.mark.parametrize("variable", LOGINS)
def test_what_was_copied_wrongly_is_not_a_login_that_is_refused(
    operator, path, machine, variable, copied
) -> None:
    """It is found before the server is asked, which would count it as a failed login."""
    canary = token()
    form, says = COPIED[copied]
    machine.delenv("VAULT_TOKEN")
    machine.setenv(variable, form.format(canary))
    error = caught(load, operator.source(path, LOGINS[variable]))
    assert type(error) is AuthenticationError
    assert says in str(error)
    assert_no_leak(canary, error)


@pytest.mark.parametrize(
    ("auth", "kind", "says"),
    [
        (
            {"client_token": "", "mfa_requirement": {"mfa_request_id": "x"}},
            "unauthenticated",
            "MFA",
        ),
        ({"client_token": ""}, "unavailable", "is not from the Vault server"),
        ({"lease_duration": None}, "unavailable", "is not from the Vault server"),
        ({"lease_duration": "1h"}, "unavailable", "is not from the Vault server"),
        ({"lease_duration": 10**400}, "unavailable", "is not from the Vault server"),
    ],
    ids=["second factor", "no token", "no time", "text", "a long number"],
)
def test_a_login_that_brings_no_token(operator, path, policy, machine, auth, kind, says) -> None:
    """A token without a life would never be renewed."""
    operator.client.sys.enable_auth_method("userpass", path=f"people-{policy}")
    people = operator.client.auth.userpass
    people.create_or_update_user("bot", "pw", policies=[policy], mount_point=f"people-{policy}")
    machine.setenv("VAULT_PASSWORD", "pw")
    source = operator.source(path, f"&auth=userpass&role=bot&auth_mount=people-{policy}")
    with operator.proxy.failing(rewriting("/login/", **auth)):
        error = caught(load, source)
    assert kind == error.code
    assert says in str(error)


@pytest.mark.parametrize("asked", ["lookup-self", "internal/ui/mounts"])
def test_a_question_beside_the_secret_does_not_say_that_it_is_absent(operator, path, asked) -> None:
    """Only the path of the secret does: an absent secret moves a chain on."""

    def fault(handler, code, head, body) -> None:
        if asked in handler.path:
            code, body = 404, b'{"errors":[]}'
        answer(handler, code, head, body)

    with operator.proxy.failing(fault):
        error = caught(load, operator.source(path))
    assert type(error) is ProviderUnavailableError
    assert "is not from the Vault server" in str(error)


def test_a_namespace_that_no_header_can_carry(operator, path, machine) -> None:
    machine.setenv("VAULT_NAMESPACE", "t\u2019eam")
    error = caught(load, operator.source(path))
    assert type(error) is ConfigurationError
    assert "VAULT_NAMESPACE" in str(error)


class TestToken:
    @pytest.mark.parametrize("where", ["variable", "option", "home"])
    def test_it_is_found(self, operator, path, policy, machine, tmp_path, where) -> None:
        made, more = operator.token(policy), ""
        if where == "variable":
            machine.setenv("VAULT_TOKEN", made)
        else:
            file = tmp_path / (".vault-token" if where == "home" else "token")
            file.write_text(f"{made}\n")
            more = f"&token_file={file}" if where == "option" else ""
        assert load(operator.source(path, more)) == "1"

    def test_the_mark_that_an_editor_of_windows_writes_is_passed_over(
        self, operator, path, policy, tmp_path
    ) -> None:
        file = tmp_path / "token"
        file.write_text(operator.token(policy), encoding="utf-8-sig")
        assert load(operator.source(path, f"&token_file={file}")) == "1"

    def test_none_is_told_with_the_places(self, operator, path, policy) -> None:
        error = caught(load, operator.source(path))
        assert isinstance(error, AuthenticationError)
        assert "VAULT_TOKEN" in str(error)

    @pytest.mark.parametrize("content", [None, "", b"\xff\xfe"])
    def test_a_file_that_cannot_be_read_is_told(
        self, operator, path, policy, tmp_path, content
    ) -> None:
        file = tmp_path / "token"
        if content is not None:
            file.write_bytes(content or b"")
        error = caught(load, operator.source(path, f"&token_file={file}"))
        assert isinstance(error, ConfigurationError)
        assert "'token_file'" in str(error)
        assert str(file) in error.message

    def test_one_with_a_line_break_is_refused_without_showing_it(
        self, operator, path, policy, machine
    ) -> None:
        canary = token()
        machine.setenv("VAULT_TOKEN", f"hvs.\n{canary}")
        error = caught(load, operator.source(path))
        assert isinstance(error, AuthenticationError)
        assert "character" in str(error)
        assert_no_leak(canary, error)

    def test_it_needs_no_permission_to_look_itself_up(
        self, operator, path, policy, machine
    ) -> None:
        machine.setenv("VAULT_TOKEN", operator.token(policy, no_default_policy=True))
        assert load(operator.source(path)) == "1"

    def test_a_replaced_file_is_picked_up(self, operator, path, policy, tmp_path) -> None:
        """As an agent writes it; the old token is used until it is refused."""
        file, old = tmp_path / "token", operator.token(policy)
        file.write_text(old)
        source = operator.source(path, f"&token_file={file}")
        load(source)
        file.write_text(operator.token(policy))
        operator.client.auth.token.revoke(old)
        assert load(source) == "1"

    def test_an_expired_one_is_told_from_a_denied_one(
        self, operator, path, policy, machine
    ) -> None:
        made = operator.token(policy)
        machine.setenv("VAULT_TOKEN", made)
        load(operator.source(path))
        operator.client.auth.token.revoke(made)
        error = caught(load, operator.source(path))
        assert isinstance(error, AuthenticationError)
        assert "expired" in str(error)
        assert_no_leak(made, error)


class TestAppRole:
    def test_role_id_and_secret_id_come_from_option_and_file(self, operator, path, policy) -> None:
        assert load(operator.source(path, operator.approle(policy))) == "1"

    def test_or_from_variables(self, operator, path, policy, machine) -> None:
        options = dict(part.split("=") for part in operator.approle(policy)[1:].split("&"))
        machine.setenv("VAULT_ROLE_ID", options["role"])
        machine.setenv("VAULT_SECRET_ID", Path(options["secret_id_file"]).read_text())
        source = operator.source(path, f"&auth=approle&auth_mount={options['auth_mount']}")
        assert load(source) == "1"

    def test_nothing_to_log_in_with_is_told(self, operator, path, policy) -> None:
        for more, says in (("", "VAULT_ROLE_ID"), ("&role=r", "VAULT_SECRET_ID")):
            error = caught(load, operator.source(path, f"&auth=approle{more}"))
            assert isinstance(error, AuthenticationError)
            assert says in str(error)

    def test_a_wrong_secret_id_is_refused(self, operator, path, policy, tmp_path) -> None:
        source = operator.source(path, operator.approle(policy))
        canary = token()
        next(tmp_path.glob("*.secret-id")).write_text(canary)
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "secret id may be used up" in str(error)
        assert_no_leak(canary, error)

    def wrapped(self, operator, path, policy, tmp_path) -> tuple[str, str]:
        source = operator.source(path, operator.approle(policy) + "&wrapped=true")
        answer = operator.client.write_data(
            operator.secret_id_path, data={"metadata": ""}, wrap_ttl="60s"
        )
        wrapping = answer["wrap_info"]["token"]
        next(tmp_path.glob("*.secret-id")).write_text(wrapping)
        return source, wrapping

    def test_a_wrapped_secret_id_is_unwrapped_once_and_kept(
        self, operator, path, policy, tmp_path
    ) -> None:
        source, _ = self.wrapped(operator, path, policy, tmp_path)
        assert load(source) == "1"
        session = SESSIONS.get(login_of(SourceURI.parse(source)), lambda: None)
        operator.client.auth.token.revoke(session.client().token)
        with operator.proxy.counting() as requests:
            assert load(source) == "1"
        assert [r for r in requests if "login" in r]
        assert not [r for r in requests if "unwrap" in r]

    def test_a_login_that_is_forgotten_keeps_what_was_unwrapped(
        self, operator, path, policy, tmp_path
    ) -> None:
        """It can be had only once, and a second try would be told as a theft."""
        source, _ = self.wrapped(operator, path, policy, tmp_path)
        it = VaultProvider(SourceURI.parse(source))
        assert it.fetch(Deadline(PATIENCE)).version == "1"
        it.forget_login()
        with operator.proxy.counting() as requests:
            assert it.fetch(Deadline(PATIENCE)).version == "1"
        assert [r for r in requests if "login" in r]

    def test_one_that_was_unwrapped_before_is_an_alarm(
        self, operator, path, policy, tmp_path
    ) -> None:
        """Somebody may have been quicker."""
        source, wrapping = self.wrapped(operator, path, policy, tmp_path)
        load(source)
        SESSIONS.clear()
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "somebody else has the secret id" in str(error)
        assert_no_leak(wrapping, error)

    @pytest.mark.parametrize("code", [400, 403])
    def test_a_page_of_a_proxy_is_no_alarm(self, operator, path, policy, tmp_path, code) -> None:
        """Nobody else has the secret id; a later try unwraps it."""
        source, wrapping = self.wrapped(operator, path, policy, tmp_path)
        page = status(code, f"<html>{wrapping}".encode(), Content_Type="text/html")
        with operator.proxy.failing(page):
            error = caught(load, source)
        assert type(error) is ProviderUnavailableError
        assert "is not from the Vault server" in str(error)
        assert_no_leak(wrapping, error)
        assert load(source) == "1"


class TestUserpass:
    @pytest.mark.parametrize("where", ["variable", "file"])
    def test_user_and_password(self, operator, path, policy, machine, tmp_path, where) -> None:
        mount, password = operator.auth("userpass"), token()
        operator.client.write_data(
            f"auth/{mount}/users/bob", data={"password": password, "token_policies": policy}
        )
        (tmp_path / "password").write_text(password)
        more = f"&password_file={tmp_path / 'password'}" if where == "file" else ""
        if where == "variable":
            machine.setenv("VAULT_PASSWORD", password)
        source = operator.source(path, f"&auth=userpass&role=bob&auth_mount={mount}{more}")
        assert load(source) == "1"
        wrong = source.replace("role=bob", "role=eve")
        error = caught(load, wrong)
        assert isinstance(error, AuthenticationError)
        assert "Check user and password" in str(error)

    def test_a_method_that_is_not_there(self, operator, path, policy, machine) -> None:
        """The servers say "denied", and older ones that there is no route."""
        machine.setenv("VAULT_PASSWORD", "x")
        source = operator.source(path, "&auth=userpass&role=bob&auth_mount=nowhere")
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        body = b'{"errors":["no handler for route \\"auth/nowhere\\". route entry not found."]}'
        with operator.proxy.failing(status(404, body)):
            error = caught(load, source)
        assert isinstance(error, ConfigurationError)
        assert "`auth_mount`" in str(error)

    def test_a_web_server_instead_is_told(self, operator, path, policy, machine) -> None:
        machine.setenv("VAULT_PASSWORD", "x")
        source = operator.source(path, "&auth=userpass&role=bob")
        page = status(404, b"<html>no such page</html>", Content_Type="text/html")
        with operator.proxy.failing(page):
            error = caught(load, source)
        assert isinstance(error, ProviderUnavailableError)
        assert "is not from the Vault server" in str(error)


class TestJwt:
    @pytest.fixture
    def key(self):
        return ec.generate_private_key(ec.SECP256R1())

    @pytest.fixture
    def mount(self, operator, key, policy) -> str:
        name = operator.auth("jwt")
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        operator.client.write_data(
            f"auth/{name}/config", data={"jwt_validation_pubkeys": [pem.decode()]}
        )
        role = {
            "role_type": "jwt",
            "user_claim": "sub",
            "bound_audiences": [AUDIENCE],
            "token_policies": policy,
        }
        operator.client.write_data(f"auth/{name}/role/ci", data=role)
        return name

    @pytest.mark.parametrize("where", ["file", "named variable", "VAULT_JWT"])
    def test_a_token_of_ci_logs_in(
        self, operator, path, mount, key, machine, tmp_path, where
    ) -> None:
        source = operator.source(path, f"&auth=jwt&role=ci&auth_mount={mount}")
        if where == "file":
            (tmp_path / "jwt").write_text(jwt(key))
            source += f"&jwt_file={tmp_path / 'jwt'}"
        else:
            name = "VAULT_ID_TOKEN" if where == "named variable" else where
            machine.setenv(name, jwt(key))
            source += f"&jwt_env={name}" if where == "named variable" else ""
        assert load(source) == "1"

    def test_one_for_another_audience_is_refused(self, operator, path, mount, key, machine) -> None:
        made = jwt(key, aud="https://other.example")
        machine.setenv("VAULT_JWT", made)
        error = caught(load, operator.source(path, f"&auth=jwt&role=ci&auth_mount={mount}"))
        assert isinstance(error, AuthenticationError)
        assert "bound audiences" in str(error)
        assert_no_leak(made.rpartition(".")[2], error)

    def test_none_is_told(self, operator, path, policy) -> None:
        error = caught(load, operator.source(path, "&auth=jwt&role=ci"))
        assert isinstance(error, AuthenticationError)
        assert "jwt_env" in str(error)


class TestKubernetes:
    """On the small server: a real one would ask a cluster about the token."""

    @pytest.fixture
    def source(self, small, path, machine, tmp_path) -> str:
        mount = small.auth("kubernetes")
        role = {"bound_service_account_names": ["bot"], "token_policies": small.reader(path)}
        small.client.write_data(f"auth/{mount}/role/bot", data=role)
        return small.source(path, f"&auth=kubernetes&role=bot&auth_mount={mount}")

    def test_the_token_of_the_service_account_logs_in(self, source, tmp_path) -> None:
        (tmp_path / "jwt").write_text("bot.of.cluster")
        assert load(f"{source}&jwt_file={tmp_path / 'jwt'}") == "1"

    def test_another_account_is_refused(self, source, tmp_path) -> None:
        (tmp_path / "jwt").write_text("other.of.cluster")
        error = caught(load, f"{source}&jwt_file={tmp_path / 'jwt'}")
        assert isinstance(error, AuthenticationError)
        assert "service accounts" in str(error)

    def test_outside_a_pod_the_file_must_be_named(self, source) -> None:
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "jwt_file" in str(error)


class TestAws:
    """On the small server: a real one would ask AWS about the signature."""

    @pytest.fixture
    def source(self, small, path, machine, tmp_path) -> str:
        for name in ("CONFIG_FILE", "SHARED_CREDENTIALS_FILE"):
            machine.setenv(f"AWS_{name}", str(tmp_path / name))
        machine.setenv("AWS_EC2_METADATA_DISABLED", "true")
        mount = small.auth("aws")
        role = {"auth_type": "iam", "token_policies": small.reader(path)}
        small.client.write_data(f"auth/{mount}/role/bot", data=role)
        return small.source(path, f"&auth=aws&role=bot&auth_mount={mount}&header_value=v.example")

    @pytest.fixture
    def keys(self, machine) -> str:
        canary = token()
        machine.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
        machine.setenv("AWS_SECRET_ACCESS_KEY", canary)
        return canary

    def test_the_identity_of_the_machine_logs_in(self, source, keys) -> None:
        with watch_for_leaks(keys), watch_for_leaks("AKIAEXAMPLEEXAMPLE00"):
            assert load(source) == "1"

    def test_another_identity_is_refused(self, source, keys, machine) -> None:
        machine.setenv("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE00")
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "bound principal" in str(error)
        assert_no_leak(keys, error)

    def test_none_is_told(self, source, machine) -> None:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PROFILE"):
            machine.delenv(f"AWS_{name}", raising=False)
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "AWS_PROFILE" in str(error)

    def test_a_profile_that_is_not_there_is_told(self, source, machine) -> None:
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            machine.delenv(f"AWS_{name}", raising=False)
        machine.setenv("AWS_PROFILE", "nobody")
        error = caught(load, source)
        assert isinstance(error, AuthenticationError)
        assert "get-caller-identity" in str(error)

    @pytest.fixture
    def agent(self, machine):
        """The address of an agent of ECS or EKS, the only identity there is."""
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            machine.delenv(f"AWS_{name}", raising=False)
        machine.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
        server = FaultProxy("http://127.0.0.1:1")
        machine.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/creds")
        yield server
        server.close()

    @pytest.mark.parametrize("code", [429, 500, 503])
    def test_an_agent_that_starts_is_no_refusal(self, source, agent, code) -> None:
        agent.fault = status(code)
        error = caught(load_credentials, source, timeout_seconds=1)
        assert type(error) is ProviderUnavailableError
        assert "AWS identity is not ready" in str(error)

    def test_a_token_for_it_with_a_line_end_is_not_vaults(self, source, agent, machine) -> None:
        machine.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "x\n")
        error = caught(load, source)
        assert type(error) is AuthenticationError
        assert "get-caller-identity" in str(error)

    def test_without_botocore_the_extra_is_named(self, source, machine) -> None:
        machine.setitem(sys.modules, "botocore", None)
        error = caught(load, source)
        assert isinstance(error, ProviderNotInstalledError)
        assert "binance-creds[aws]" in str(error)


class TestCertificate:
    @pytest.mark.parametrize("files", ["one", "two"])
    def test_the_certificate_of_the_connection_logs_in(
        self, secure, authority, path, machine, tmp_path, files
    ) -> None:
        operator = secure
        certificate = authority.issue_cert("bot.example", common_name="bot.example")
        mount, role = operator.auth("cert"), {"certificate": authority.cert_pem.bytes().decode()}
        operator.client.write_data(
            f"auth/{mount}/certs/bot", data={**role, "token_policies": operator.reader(path)}
        )
        chain = tmp_path / "client.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(chain)
        machine.setenv("VAULT_CACERT", operator.server.ca_file)
        source = operator.source(
            path, f"&auth=cert&role=bot&auth_mount={mount}", url=operator.server.url
        )
        error = caught(load, source)
        assert isinstance(error, ConfigurationError)
        assert "VAULT_CLIENT_CERT" in str(error)
        machine.setenv("VAULT_CLIENT_CERT", str(chain))
        if files == "two":
            certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
            machine.setenv("VAULT_CLIENT_KEY", str(tmp_path / "key.pem"))
        assert load(source) == "1"


class AgentProxy(FaultProxy):
    """An agent in between, which adds its own token."""

    def __init__(self, upstream: str, added: str) -> None:
        super().__init__(upstream)
        handler = self._server.RequestHandlerClass
        forward = handler._forward

        def adding(self) -> None:
            assert "X-Vault-Token" not in self.headers
            self.headers["X-Vault-Token"] = added
            forward(self)

        handler.do_GET = adding


class TestNone:
    def test_an_agent_in_between_adds_the_token(self, operator, path, policy, machine) -> None:
        agent = AgentProxy(operator.server.url, operator.token(policy))
        try:
            machine.setenv("VAULT_AGENT_ADDR", agent.url)
            assert load(f"vault://{path}?auth=none") == "1"
        finally:
            agent.close()

    def test_an_agent_that_adds_none_is_told(self, operator, path, policy) -> None:
        error = caught(load, operator.source(path, "&auth=none"))
        assert isinstance(error, AuthenticationError)


class TestLife:
    """The promise: renewed before two thirds of a token's life are over."""

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    def log_in(self, operator, policy, clock):
        def logged_in(**role: str) -> VaultSession:
            options = dict(
                part.split("=") for part in operator.approle(policy, **role)[1:].split("&")
            )
            login = VaultLogin(
                operator.proxy.url,
                method="approle",
                mount=options["auth_mount"],
                role=options["role"],
                options=(("secret_id_file", options["secret_id_file"]),),
            )
            session = VaultSession(login, clock=clock)
            session.client()
            return session

        return logged_in

    def asked(self, operator, session, times: int = 1) -> list[str]:
        with operator.proxy.counting() as requests:
            for _ in range(times):
                session.client()
        return [r.rpartition("/")[2] for r in requests]

    def test_it_is_renewed_in_time_and_no_earlier(self, operator, clock, log_in) -> None:
        session = log_in()
        clock.advance(59)
        assert self.asked(operator, session) == []
        clock.advance(7)
        assert self.asked(operator, session, times=2) == ["renew-self"]
        clock.advance(66)
        assert self.asked(operator, session) == ["renew-self"]

    def function_of(self, future) -> str | None:
        frame = sys._current_frames().get(future.thread.ident)
        return frame and frame.f_code.co_name

    def test_while_one_thread_renews_it_the_others_use_it(self, operator, clock, log_in) -> None:
        """A renewal that hangs holds nobody else up, until the token has ended."""
        session = log_in()
        client = session.client()
        clock.advance(66)
        with operator.proxy.failing(hang, times=1):
            renewing = beside(session.client)
            wait_for(lambda: operator.proxy.faults_left == 0)
            assert client is session.client()
            clock.advance(40)
            late = beside(session.client)
            wait_for(lambda: self.function_of(late) == "client")  # where it waits for the lock
            assert not late.done()
        operator.proxy.recover()
        caught(renewing.result, PATIENCE)
        late.result(PATIENCE)

    def test_one_that_cannot_be_renewed_is_replaced(self, operator, clock, log_in) -> None:
        session = log_in(token_type="batch")
        first = session.client().token
        clock.advance(66)
        assert self.asked(operator, session) == ["login"]
        assert first != session.client().token

    def test_one_at_the_end_of_its_longest_life_is_replaced(self, operator, clock, log_in) -> None:
        session = log_in()
        clock.advance(66)
        with operator.proxy.failing(rewriting("renew-self", lease_duration=10)):
            assert self.asked(operator, session) == ["renew-self", "login"]

    def test_one_that_was_revoked_is_replaced(self, operator, clock, log_in) -> None:
        session = log_in()
        operator.client.auth.token.revoke(session.client().token)
        clock.advance(66)
        assert self.asked(operator, session) == ["renew-self", "login"]

    def test_one_without_an_end_is_left_alone(self, operator, clock) -> None:
        session = VaultSession(VaultLogin(operator.proxy.url), clock=clock)
        session.client()
        clock.advance(10**9)
        assert self.asked(operator, session) == []


class TestRefusal:
    def logins(self, operator, source: str) -> tuple[object, int]:
        with operator.proxy.counting() as requests:
            try:
                outcome = load(source)
            except Exception as error:
                outcome = error
        return outcome, sum("login" in r for r in requests)

    def test_a_token_that_is_no_longer_accepted_is_replaced_once(
        self, operator, path, policy
    ) -> None:
        source = operator.source(path, operator.approle(policy))
        load(source)
        session = SESSIONS.get(login_of(SourceURI.parse(source)), lambda: None)
        operator.client.auth.token.revoke(session.client().token)
        assert self.logins(operator, source) == ("1", 1)

    def test_what_stays_forbidden_is_denied(self, operator, path, policy) -> None:
        other = operator.policy("secret/data/other")
        source = operator.source(path, operator.approle(other))
        for _ in range(2):
            outcome, logins = self.logins(operator, source)
            assert isinstance(outcome, AccessDeniedError)
            assert "MOUNT/data/PATH" in str(outcome)
            assert logins == 1

    def test_a_new_login_brings_new_policies(self, operator, path, policy) -> None:
        other = operator.policy("secret/data/other")
        more = operator.approle(other)
        source = operator.source(path, more)
        assert isinstance(caught(load, source), AccessDeniedError)
        mount = more.partition("auth_mount=")[2].partition("&")[0]
        operator.client.write_data(f"auth/{mount}/role/bot", data={"token_policies": policy})
        assert self.logins(operator, source) == ("1", 1)

    def test_another_thread_that_logged_in_meanwhile_is_enough(self, operator) -> None:
        session = VaultSession(VaultLogin(operator.proxy.url))
        before = time.monotonic() - 1
        session.client()
        with operator.proxy.counting() as requests:
            assert session.log_in_again(since=before)
        assert requests == []

    def test_a_first_login_counts_as_a_new_one(self, operator) -> None:
        session = VaultSession(VaultLogin(operator.proxy.url))
        assert session.log_in_again(since=time.monotonic())
        assert not session.log_in_again(since=time.monotonic())


def test_every_method_has_a_hint_of_its_own() -> None:
    assert len({method.hint for method in METHODS.values()}) == len(METHODS)


def test_a_session_shows_no_token(operator) -> None:
    session = VaultSession(VaultLogin(operator.proxy.url))
    session.client()
    assert operator.server.root_token not in repr(session)


def test_a_login_is_bound_by_the_deadline(operator, path, policy, machine) -> None:
    machine.setenv("VAULT_PASSWORD", "x")
    source = operator.source(path, "&auth=userpass&role=bob")
    with operator.proxy.failing(status(503, b'{"errors":["Vault is sealed"]}')):
        error = caught(VaultProvider(SourceURI.parse(source)).fetch, Deadline(0.5))
    assert isinstance(error, ProviderUnavailableError)
