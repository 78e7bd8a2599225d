"""`ProviderContract`: the laws that every provider obeys, ours and third parties'."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from binance_creds._raw import FIELDS, VALUE, RawSecret, Unchanged
from binance_creds._secret import Secret
from binance_creds._time._deadline import Deadline
from binance_creds._uri import SourceURI
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    MalformedSecretError,
    SecretNotFoundError,
)
from binance_creds.testing._leaks import assert_no_leak, watch_for_leaks
from binance_creds.testing._tokens import new_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from binance_creds.providers import Provider

__all__ = ["ProviderContract", "new_pair", "plain_fields"]


class ProviderContract:
    """Inherit this in a test class, give the hooks, and every law is a test.

        class TestMyProvider(ProviderContract):
            def open(self, uri): return MyProvider(uri)
            def write(self, fields): my_store.put("bot", fields); return "mystore://bot"
            def missing(self): return "mystore://nothing"

    pytest collects the `test_` methods; nothing here imports pytest. Hooks that return `None`
    leave their law out.
    """

    timeout_seconds = 10.0

    def open(self, uri: SourceURI) -> Provider:
        """Return the provider of a source."""
        raise NotImplementedError

    def write(self, fields: Mapping[str, str]) -> str:
        """Put fields into the store, in place of what was there; return the source."""
        raise NotImplementedError

    def missing(self) -> str:
        """Return a source of this store that definitely holds nothing."""
        raise NotImplementedError

    def malformed(self) -> str | None:
        """Return a source that holds something which is no credential, or `None`."""
        return None

    def denied(self) -> str | None:
        """Return a source that this user may not read, or `None`."""
        return None

    def test_it_reads_what_was_written(self) -> None:
        """The fields come back under their canonical names, as secrets."""
        pair = new_pair()
        raw = self._fetch(self.write(pair))
        assert isinstance(raw, RawSecret)
        assert plain_fields(raw) == pair
        assert raw.fields.keys() <= {*FIELDS, VALUE}
        assert all(isinstance(secret, Secret) for secret in raw.fields.values())

    def test_its_origin_names_the_source(self) -> None:
        """The origin begins with the scheme and shows no option's value."""
        source = self.write(new_pair())
        raw = self._fetch(source)
        assert isinstance(raw, RawSecret)
        uri = SourceURI.parse(source)
        assert raw.origin.startswith(f"{uri.scheme}:")
        for value in uri.options.values():
            assert f"={value}" not in raw.origin

    def test_nothing_is_not_found(self) -> None:
        """Absence is `SecretNotFoundError` and nothing else: only this moves a chain on."""
        error = self._refusal(self.missing())
        assert type(error) is SecretNotFoundError
        assert error.source
        assert error.provider == SourceURI.parse(self.missing()).scheme

    def test_what_is_malformed_stops(self) -> None:
        """Something that is there and wrong is never taken for absent."""
        source = self.malformed()
        if source is not None:
            assert type(self._refusal(source)) is MalformedSecretError

    def test_what_is_denied_stops(self) -> None:
        """A refusal is never taken for absence."""
        source = self.denied()
        if source is not None:
            error = self._refusal(source)
            assert error.code in {"permission_denied", "unauthenticated"}

    def test_an_unknown_option_is_refused(self) -> None:
        """By name, and before anything is read."""
        uri = SourceURI.parse(self.write(new_pair()))
        odd = SourceURI(uri.scheme, uri.location, {**uri.options, "no-such-option": "1"})
        try:
            self.open(odd)
        except ConfigurationError as error:
            assert "no-such-option" in str(error)
        else:
            raise AssertionError(_no_error("an unknown option"))

    def test_the_same_version_is_unchanged_or_equal(self) -> None:
        """Asked with the version it gave, it never claims another."""
        source = self.write(new_pair())
        raw = self._fetch(source)
        assert isinstance(raw, RawSecret)
        again = self._fetch(source, known_version=raw.version)
        assert again.version == raw.version

    def test_a_new_secret_is_seen(self) -> None:
        """A rotation gives the new pair under another version."""
        first = self._fetch(self.write(new_pair()))
        pair = new_pair()
        second = self._fetch(self.write(pair), known_version=first.version)
        assert isinstance(second, RawSecret)
        assert plain_fields(second) == pair
        assert second.version is None or second.version != first.version

    def test_closing_twice_is_fine(self) -> None:
        """Before a fetch as well as after it."""
        provider = self.open(SourceURI.parse(self.write(new_pair())))
        provider.fetch(Deadline(self.timeout_seconds))
        provider.close()
        provider.close()
        unused = self.open(SourceURI.parse(self.missing()))
        unused.close()
        unused.close()

    def test_it_shows_nothing(self) -> None:
        """Not while it reads, not in its repr, and not in an error."""
        pair = new_pair()
        source = self.write(pair)
        provider = self.open(SourceURI.parse(source))
        for canary in (pair["api_key"], pair["api_secret"]):
            with watch_for_leaks(canary):
                raw = provider.fetch(Deadline(self.timeout_seconds))
            assert_no_leak(canary, provider, raw, self._refusal(self.missing()))
        provider.close()

    def test_threads_with_providers_of_their_own_do_not_disturb_each_other(self) -> None:
        """Eight threads read the same secret at once."""
        pair = new_pair()
        source = self.write(pair)
        found: list[dict[str, str]] = []

        def read() -> None:
            raw = self._fetch(source)
            found.append(plain_fields(raw) if isinstance(raw, RawSecret) else {})

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [pair] * 8

    def _fetch(self, source: str, known_version: str | None = None) -> RawSecret | Unchanged:
        provider = self.open(SourceURI.parse(source))
        try:
            return provider.fetch(Deadline(self.timeout_seconds), known_version=known_version)
        finally:
            provider.close()

    def _refusal(self, source: str) -> CredentialsError:
        try:
            self._fetch(source)
        except CredentialsError as error:
            return error
        raise AssertionError(_no_error(source))


def plain_fields(raw: RawSecret) -> dict[str, str]:
    return {name: secret.reveal().strip() for name, secret in raw.fields.items()}


def _no_error(what: str) -> str:
    return f"{what} was accepted"


def new_pair() -> dict[str, str]:
    return {name: new_token() for name in ("api_key", "api_secret")}
