"""The code behind `freqtrade`; it needs ccxt."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from binance_creds.adapters import _ccxt
from binance_creds.adapters._wire._attachment import Attachment
from binance_creds.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from binance_creds._credentials_handle import CredentialsHandle

__all__ = ["attach"]

_INSTANCES: Final = ("_api", "_api_async", "_ws_async")


def attach(
    exchange: Any,
    credentials: CredentialsHandle,
    *,
    hosts: Collection[str] = (),
    clock: Callable[[], float] | None = None,
    retry_rejected: bool = False,
) -> Callable[[], None]:
    """Let freqtrade sign where its requests leave.

    freqtrade asks for balances before it calls anything of a strategy. So give its class before it
    starts: whatever Binance exchange it builds from then on signs, except in a dry run, in which
    freqtrade uses no key. Its configuration needs neither `key` nor `secret`.

    Args:
        exchange: the class `freqtrade.exchange.Exchange`, or an exchange that freqtrade has built.
        credentials: credentials, or a handle that has them.
        hosts: hosts that may get the key besides those of the environment and loopback.
        clock: seconds since the epoch; add your offset to the exchange's time here.
        retry_rejected: sign and send once more what a live handle has a better pair for.

    Returns:
        A function that takes it out again; a second call does nothing.

    Raises:
        ConfigurationError: it is no exchange of freqtrade, or see `adapters.ccxt.attach`; nothing
            has changed then.
    """
    sign = partial(
        _ccxt.attach,
        credentials=credentials,
        hosts=hosts,
        clock=clock,
        retry_rejected=retry_rejected,
    )
    if not hasattr(exchange, "_init_ccxt"):
        msg = "this is neither freqtrade's class `Exchange` nor one of its exchanges."
        raise ConfigurationError(msg, hint="Pass `freqtrade.exchange.Exchange`.")
    with Attachment() as attachment:
        if isinstance(exchange, type):
            _attach_class(attachment, exchange, sign)
        else:
            for name in _INSTANCES:
                if getattr(exchange, name, None) is not None:
                    attachment.call_on_undo(sign(getattr(exchange, name)))
    return attachment.detach


def _attach_class(attachment: Attachment, kind: Any, sign: Callable[..., Any]) -> None:
    build = kind._init_ccxt  # noqa: SLF001  # of freqtrade; all three instances come from it

    def build_signing(self: Any, *arguments: Any, **options: Any) -> Any:
        built = build(self, *arguments, **options)
        if not self._config["dry_run"]:  # of freqtrade
            attachment.call_on_undo(sign(built))
        return built

    attachment.set(kind, "_init_ccxt", build_signing)
