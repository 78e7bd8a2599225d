"""Ways on which a secret comes into logs, each with the real library over real sockets.

Each is a function of a scene; `scene.install()` is where the program turns the redaction on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import product
from types import SimpleNamespace

import pytest

PATHS = {}


def path(function):
    """Add a path to the table under its name."""
    PATHS[function.__name__.replace("_", "-")] = function
    return function


def log_to(out, logger: str | None = None) -> logging.Handler:
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    logging.getLogger(logger).addHandler(handler)
    logging.getLogger(logger).setLevel(logging.DEBUG)
    return handler


def fail(canary) -> None:
    """Raise with the canary in the message, in locals and in what they hold."""
    api_secret, key = canary.secret, canary.api_key
    nested = {"headers": canary.headers, "url": canary.url, "pem": [canary.pem]}
    client = SimpleNamespace(padding="x" * 30, secret=canary.secret, key=canary.api_key)
    raise RuntimeError(f"{canary.message} {bool(api_secret and key and nested and client)}")


def fail_together(canary) -> None:
    """Raise a group, with a cause and a note."""
    errors = []
    try:
        fail(canary)
    except RuntimeError as error:
        error.add_note(canary.url)
        errors.append(error)
    raise ExceptionGroup("all", errors) from errors[0]


FAILURES = (fail, fail_together)


@path
def urllib3(scene) -> None:
    from urllib3 import PoolManager

    log_to(scene.out)
    scene.install()
    with PoolManager() as pool:
        for request in scene.canary.requests:
            answer = pool.request("GET", request.url, headers=request.headers)
            assert answer.status == 200


@path
def http_client(scene) -> None:
    """What people turn on to see the headers: it prints."""
    from http.client import HTTPConnection
    from urllib.request import HTTPHandler, Request, build_opener

    with redirect_stdout(scene.out):
        scene.install(streams=True)
        for request in scene.canary.requests:
            opener = build_opener(HTTPHandler(debuglevel=1))
            with opener.open(Request(request.url, headers=dict(request.headers))) as answer:
                assert answer.status == 200
    assert HTTPConnection.debuglevel == 0


@path
def httpx(scene) -> None:
    import httpx

    log_to(scene.out)
    scene.install()
    with httpx.Client() as client:
        for request in scene.canary.requests:
            assert client.get(request.url, headers=request.headers).is_success


@path
def aiohttp(scene) -> None:
    """Its error has the address and the headers of the request in its repr."""
    import aiohttp
    from yarl import URL

    async def ask(request) -> None:
        url = URL(request.url.replace("/account", "/nothing"), encoded=True)
        async with aiohttp.ClientSession(headers=request.headers, raise_for_status=True) as session:
            try:
                await session.get(url)
            except aiohttp.ClientResponseError as error:
                logging.getLogger("bot").exception("failed: %r", error)

    log_to(scene.out)
    scene.install()
    for request in scene.canary.requests:
        asyncio.run(ask(request))


@path
def boto3(scene) -> None:
    """botocore logs whole answers at DEBUG: JSON within JSON within the repr of bytes."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        shop = boto3.client(
            "secretsmanager", region_name="eu-west-1", endpoint_url=f"http://{host}:{port}",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip
        log_to(scene.out)
        scene.install()
        for number, key in enumerate(scene.canary.keys):
            text = json.dumps(key.fields())
            name = f"{scene.name}-{number}"
            shop.create_secret(Name=name, SecretString=text)
            assert shop.get_secret_value(SecretId=name)["SecretString"] == text
    finally:
        server.stop()


@path
def ccxt_verbose(scene) -> None:
    """It prints each request and logs it."""
    ccxt = pytest.importorskip("ccxt")
    from ccxt_bot import at

    key = scene.canary.keys[0]
    log_to(scene.out)
    scene.install(streams=True)
    bot = ccxt.binance(at(scene.exchange.url) | {
        "apiKey": key.api_key, "secret": key.api_secret, "verbose": True,
    })  # fmt: skip
    assert bot.fetch_balance()
    bot.session.close()


@path
def structlog_json(scene) -> None:
    """With the locals of each frame."""
    import structlog

    scene.install()
    log = structlog.wrap_logger(
        structlog.PrintLogger(scene.out),
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
    )
    log.info(scene.canary.message, headers=scene.canary.headers, nested=[[scene.canary.pem]])
    for failure in FAILURES:
        try:
            failure(scene.canary)
        except Exception:
            log.exception("failed")


@path
def structlog_text(scene) -> None:
    import structlog

    scene.install()
    log = structlog.wrap_logger(
        structlog.PrintLogger(scene.out),
        [
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
    )
    log.bind(api_secret=scene.canary.secret).info("%s", key=scene.canary.api_key)
    try:
        fail(scene.canary)
    except RuntimeError:
        log.exception("failed", stack_info=True)


@path
def structlog_console(scene) -> None:
    """In colours, with the tracebacks of rich."""
    import structlog

    scene.install()
    for formatter in (
        structlog.dev.RichTracebackFormatter(width=80, show_locals=True),
        structlog.dev.plain_traceback,
    ):
        log = structlog.wrap_logger(
            structlog.PrintLogger(scene.out),
            [structlog.dev.ConsoleRenderer(colors=True, exception_formatter=formatter)],
        )
        log.info(scene.canary.message, key=scene.canary.api_key)
        try:
            fail(scene.canary)
        except RuntimeError:
            log.exception("failed")


@path
def structlog_over_logging(scene) -> None:
    import structlog

    renderers = [
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
        [structlog.dev.ConsoleRenderer(colors=True)],
    ]
    for processors in renderers:
        handler = log_to(scene.out)
        handler.setFormatter(structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors]
        ))  # fmt: skip
    scene.install()
    log = structlog.wrap_logger(
        logging.getLogger("bot"),
        [structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    log.info(scene.canary.message, headers=scene.canary.headers)
    logging.getLogger("other").warning("%s", scene.canary.message)
    try:
        fail(scene.canary)
    except RuntimeError:
        log.exception("failed")


@path
def loguru(scene) -> None:
    """With the values of variables, in a sink that was there and in those that come later."""
    from loguru import logger

    options = {"diagnose": True, "backtrace": True}
    added = [logger.add(scene.out.write, **options)]
    scene.install()
    added += [
        logger.add(scene.out.write, colorize=True, **options),
        logger.add(scene.out.write, serialize=True, **options),
        logger.add(scene.out.write, enqueue=True, **options),
        logger.add(logging.StreamHandler(scene.out), **options),
        logger.add(lambda message: scene.out.write(str(message.record["extra"]))),
    ]
    try:
        late = logger.patch(lambda record: record["extra"].update(late=scene.canary.secret))
        late.bind(headers=scene.canary.headers).info(scene.canary.message.replace("{", "{{"))
        for failure in FAILURES:
            try:
                failure(scene.canary)
            except Exception:
                logger.exception("failed: {}", scene.canary.url)
        logger.opt(colors=True).info("<red>{}</red>", scene.canary.api_key)
        logger.opt(raw=True).info(scene.canary.url)
        logger.opt(lazy=True).info("{}", lambda: scene.canary.secret)
        logger.opt(record=True).info("{record[extra]} {}", scene.canary.url)
        logger.catch(fail)(scene.canary)
    finally:
        for sink in added:
            logger.remove(sink)


@path
def loguru_broken_sink(scene) -> None:
    """loguru prints the record of a sink that fails."""
    from loguru import logger

    def sink(message) -> None:
        raise OSError(f"cannot send {message}")

    scene.install()
    added = logger.add(sink)
    try:
        with redirect_stderr(scene.out):
            logger.bind(key=scene.canary.api_key).info(scene.canary.message)
    finally:
        logger.remove(added)


@path
def rich_traceback(scene) -> None:
    from rich.console import Console

    scene.install()
    for width, failure in product((60, 80, 200), FAILURES):
        try:
            failure(scene.canary)
        except Exception:
            Console(file=scene.out, width=width).print_exception(show_locals=True)


@path
def rich_handler(scene) -> None:
    from rich.console import Console
    from rich.logging import RichHandler

    console = Console(file=scene.out, width=80, force_terminal=True)
    handler = RichHandler(console=console, rich_tracebacks=True, tracebacks_show_locals=True)
    logging.getLogger("bot").addHandler(handler)
    scene.install()
    logging.getLogger("bot").error("refused: %s", scene.canary.message)
    try:
        fail(scene.canary)
    except RuntimeError:
        logging.getLogger("bot").exception("failed")


@path
def traceback_with_locals(scene) -> None:
    log_to(scene.out)
    scene.install()
    try:
        fail(scene.canary)
    except RuntimeError as error:
        logging.getLogger("bot").exception("failed")
        trace = traceback.TracebackException.from_exception(error, capture_locals=True)
        logging.getLogger("bot").error("".join(trace.format()))


@path
def cgitb(scene) -> None:
    """Until Python 3.12."""
    if sys.version_info >= (3, 13):
        pytest.skip("removed")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        import cgitb
    scene.install()
    for format_ in ("text", "html"):
        hook = cgitb.Hook(file=scene.out, format=format_)
        try:
            fail(scene.canary)
        except RuntimeError:
            hook.handle()


@path
def traceback_printed(scene) -> None:
    """By the program itself, to a stream of its own."""
    scene.install()
    for failure in FAILURES:
        try:
            failure(scene.canary)
        except Exception as error:
            traceback.print_exc(file=scene.out)
            scene.out.write(traceback.format_exc())
            scene.out.writelines(traceback.format_exception_only(error))
            trace = traceback.TracebackException.from_exception(error, capture_locals=True)
            trace.print(file=scene.out)


@path
def warning(scene) -> None:
    log_to(scene.out)
    scene.install()
    logging.captureWarnings(True)
    warnings.simplefilter("always")
    warnings.warn(scene.canary.message, stacklevel=1)


@path
def asyncio_handler(scene) -> None:
    async def main() -> None:
        task = asyncio.get_running_loop().create_task(forget(), name=scene.canary.api_key)
        await asyncio.wait([task])
        context = {"message": "lost", "request": scene.canary.url, "task": task}
        asyncio.get_running_loop().call_exception_handler(context)

    async def forget() -> None:
        fail(scene.canary)

    log_to(scene.out)
    scene.install()
    asyncio.run(main())


@path
def child_logger(scene) -> None:
    """A filter on the root logger sees nothing of it."""
    log_to(scene.out)
    scene.install()
    logging.getLogger("bot.orders.spot").warning("%(url)s", {"url": scene.canary.url})
    logging.getLogger("bot.orders").warning(
        "key %s, pem %s", scene.canary.api_key, scene.canary.pem
    )


@path
def later_handler(scene) -> None:
    scene.install()
    log_to(scene.out, "bot.late")
    logging.getLogger("bot.late.child").error("headers %r", scene.canary.headers)
    logging.getLogger("bot.late").error(scene.canary.message)


@path
def printed(scene) -> None:
    """With the streams of the program wrapped."""
    with redirect_stdout(scene.out):
        scene.install(streams=True)
        print(scene.canary.message)
        print("headers:", scene.canary.headers, file=sys.stdout)


@path
def opentelemetry(scene) -> None:
    """Spans, through the exporter for the console."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
    from opentelemetry.trace import Link, Status, StatusCode

    canary = scene.canary
    provider = TracerProvider()
    provider.add_span_processor(
        SimpleSpanProcessor(scene.exporter(ConsoleSpanExporter(out=scene.out)))
    )
    tracer = provider.get_tracer("bot")
    with tracer.start_as_current_span(f"GET {canary.url}") as span:
        span.set_attributes({
            "url.full": canary.url,
            "url.query": canary.url.partition("?")[2],
            "http.request.header.x-mbx-apikey": [canary.api_key],
            "api_secret": canary.secret,
            "argv": ["bot", canary.pem],
        })  # fmt: skip
        span.add_event("signed", {"pem": canary.pem, "url": canary.url})
        span.add_link(span.get_span_context(), {"secret": canary.secret})
        span.set_status(Status(StatusCode.ERROR, canary.message))
        with suppress(RuntimeError), tracer.start_as_current_span("inner"):
            fail(canary)
    with tracer.start_as_current_span(
        "linked", links=[Link(span.get_span_context(), {"key": canary.api_key})]
    ):
        pass
    provider.shutdown()


@path
def opentelemetry_logs(scene) -> None:
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, SimpleLogRecordProcessor

    provider = LoggerProvider()
    exporter = scene.exporter(ConsoleLogRecordExporter(out=scene.out))
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    logger = provider.get_logger("bot")
    for body in (
        scene.canary.message,
        {"headers": scene.canary.headers, "urls": [scene.canary.url]},
    ):
        logger.emit(LogRecord(body=body, attributes={"url.full": scene.canary.url}))
    try:
        fail(scene.canary)
    except RuntimeError:
        attributes = {"exception.stacktrace": traceback.format_exc()}
        logger.emit(LogRecord(body="failed", attributes=attributes))
    provider.shutdown()
