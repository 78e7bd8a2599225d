"""pydantic-settings: a source that loads the credentials of a settings class.

class Settings(BaseSettings):
    binance: CredentialsField

    @classmethod
    def settings_customise_sources(cls, settings_cls, init_settings, env_settings, **others):
        return init_settings, BinanceCredentialsSettingsSource(settings_cls), env_settings
"""

from typing import TYPE_CHECKING

from binance_creds._extras import face_of

if TYPE_CHECKING:
    from binance_creds.integrations._pydantic_settings import BinanceCredentialsSettingsSource

__all__ = ["BinanceCredentialsSettingsSource"]

__getattr__, __dir__ = face_of(__name__, __all__, extra="pydantic-settings")
