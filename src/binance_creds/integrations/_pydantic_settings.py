"""`BinanceCredentialsSettingsSource`: the credentials of a settings class."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from pydantic_settings import PydanticBaseSettingsSource

from binance_creds import load_credentials
from binance_creds._credentials import Credentials
from binance_creds.errors import SecretNotFoundError
from binance_creds.live import LiveCredentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo
    from pydantic_settings import BaseSettings

    from binance_creds import Config, Environment, Source

__all__ = ["BinanceCredentialsSettingsSource"]


class BinanceCredentialsSettingsSource(PydanticBaseSettingsSource):
    """Load the fields that are `CredentialsField` or `LiveCredentialsField`.

    Loads when the settings are made, and not what a source before it has given. Where nothing is
    found, a field with a default keeps it. The settings class never sees a value in plain.

    Args:
        settings_cls: the class of the settings.
        source: where they are; from the configuration, by default.
        field: the one field that it loads; all of the kind, by default.
        profile: as in `load_credentials`, as the following.
        config: a path or a mapping.
        environment: overrides what the source and the profile say.
        timeout_seconds: of one load.

    Raises:
        CredentialsError: when the settings are made: as `load_credentials`.
    """

    def __init__(
        self,
        settings_cls: type[BaseSettings],
        source: Source | None = None,
        *,
        field: str | None = None,
        profile: str | None = None,
        config: Config | None = None,
        environment: Environment | str | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        super().__init__(settings_cls)
        self._source, self._field, self._profile = source, field, profile
        self._config, self._environment, self._timeout = config, environment, timeout_seconds

    def get_field_value(
        self, field: FieldInfo, field_name: str
    ) -> tuple[Credentials | LiveCredentials | None, str, bool]:
        """Return the credentials of a field, or `None`, with the key that the class takes."""
        alias = field.validation_alias
        key = alias if isinstance(alias, str) else field_name
        kinds = set(_types_of(field.annotation))
        is_live = LiveCredentials in kinds
        is_ours = is_live or Credentials in kinds
        if not is_ours or self._field not in {None, field_name} or key in self.current_state:
            return None, key, False
        try:
            return self._load(is_live=is_live), key, False
        except SecretNotFoundError:
            if field.is_required():
                raise
            return None, key, False

    def __call__(self) -> dict[str, object]:
        """Return what is loaded for the fields of the class."""
        fields = self.settings_cls.model_fields.items()
        found = (self.get_field_value(field, name) for name, field in fields)
        return {key: value for value, key, _ in found if value is not None}

    def _load(self, *, is_live: bool) -> Credentials | LiveCredentials:
        return load_credentials(
            self._source,
            profile=self._profile,
            config=self._config,
            environment=self._environment,
            timeout_seconds=self._timeout,
            live=is_live,
        )

    def __repr__(self) -> str:
        return f"BinanceCredentialsSettingsSource(profile={self._profile!r})"


def _types_of(annotation: object) -> Iterator[object]:
    """Give the types that an annotation names, also in unions and in `Annotated`."""
    yield annotation
    for inner in get_args(annotation):
        yield from _types_of(inner)
