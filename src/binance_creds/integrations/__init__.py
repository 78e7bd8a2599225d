"""Ways into frameworks that are not clients of Binance: settings, models, health checks.

* `integrations.health`: what a health endpoint answers.
"""

__all__: list[str] = []
