"""Ways into frameworks that are not clients of Binance: settings, models, health checks.

* `integrations.pydantic_settings`: a source of settings.
* `integrations.models`: fields of pydantic, msgspec and attrs.
* `integrations.health`: what a health endpoint answers.
"""

__all__: list[str] = []
