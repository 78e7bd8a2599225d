"""The public functions, over real sources."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import scripted_store
from support import caught, new_key, plain_environ, token, write_dotenv
from waiting import PATIENCE

from binance_creds import (
    Environment,
    KeyType,
    Secret,
    SourceURI,
    aload_credentials,
    clear_cache,
    load_credentials,
    load_many,
)
from binance_creds._raw import RawSecret
from binance_creds.errors import (
    ConfigurationError,
    CredentialsError,
    CredentialsWarning,
    MalformedSecretError,
    ProviderNotInstalledError,
    ProviderUnavailableError,
    SecretNotFoundError,
)
from binance_creds.providers import Provider, Store, memory
from binance_creds.providers._registry import SOURCES, provider_for
from binance_creds.testing import assert_no_leak


@pytest.fixture
def stored():
    key = new_key()
    memory.register("api", key.fields())
    yield key
    memory.unregister("api")


def answer(origin: str, key=None) -> RawSecret:
    fields = (key or new_key()).fields()
    return RawSecret({name: Secret(text) for name, text in fields.items()}, origin=origin)


def test_a_source_is_loaded_and_cached(stored) -> None:
    """The same object until the cache lets it go."""
    first = load_credentials("memory:api")
    assert first.api_key.reveal() == stored.api_key
    assert first is load_credentials("memory:api") is load_credentials(SourceURI("memory", "api"))
    assert first is asyncio.run(aload_credentials("memory:api"))
    assert first is not load_credentials("memory:api", fresh=True)
    clear_cache()
    assert first is not load_credentials("memory:api")


def test_tasks_load_without_a_thread_blocking_the_loop(stored) -> None:
    """A thousand tasks, one object."""

    async def main():
        return await asyncio.gather(
            *(aload_credentials("memory:api", fresh=False) for _ in range(1000))
        )

    assert len(set(map(id, asyncio.run(main())))) == 1


def test_options_make_another_entry(stored) -> None:
    """The environment is part of what was asked for."""
    live = load_credentials("memory:api")
    testnet = load_credentials("memory:api", environment="testnet")
    assert (live.environment, testnet.environment) == (Environment.LIVE, Environment.TESTNET)
    assert (
        load_credentials(["memory:nothing", "memory:api"]).explain().attempts[0].code == "not_found"
    )


def test_a_profile_is_loaded(stored, tmp_path, monkeypatch) -> None:
    """From a mapping, from a file, and from the variables."""
    config = {"profiles": {"bot": {"source": "memory:api", "sealed": True, "timeout": "5s"}}}
    assert load_credentials(profile="bot", config=config).is_sealed
    path = tmp_path / "binance-creds.toml"
    path.write_text('[profiles.bot]\nsource = "memory:api"\n')
    assert load_credentials(config=path).api_key.reveal() == stored.api_key
    monkeypatch.setenv("BINANCE_CREDS_SOURCE", "memory:api")
    assert load_credentials().api_key.reveal() == stored.api_key
    assert asyncio.run(aload_credentials()).api_key.reveal() == stored.api_key


@pytest.mark.parametrize(
    "load",
    [
        load_credentials,
        lambda *a, **k: asyncio.run(aload_credentials(*a, **k)),
        lambda s: load_many({"a": s}),
    ],
)
def test_a_key_passed_as_a_source_is_not_repeated(load) -> None:
    """Nor kept in a frame of ours."""
    canary = token()
    error = caught(load, canary)
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)


@pytest.mark.parametrize(
    "load",
    [
        load_credentials,
        lambda source, **options: asyncio.run(aload_credentials(source, **options)),
        lambda source, **options: load_many({"a": source}, **options),
    ],
)
def test_a_key_passed_as_an_environment_is_not_repeated(load) -> None:
    """Nor kept in a frame of ours."""
    canary = token()
    error = caught(load, "memory:x", environment=canary)
    assert isinstance(error, ConfigurationError)
    assert_no_leak(canary, error)


def test_an_unknown_scheme_lists_the_known_ones() -> None:
    """It is not repeated itself."""
    error = caught(load_credentials, "envv://X")
    assert isinstance(error, ConfigurationError)
    assert (
        "aws-sm, azure-kv, command, dotenv, env, file, gcp-sm, keyring, memory, openbao, scripted, vault"
        in str(error)
    )
    assert "envv" not in str(error)


def test_a_deadline_must_be_positive(stored) -> None:
    """Cached credentials need none."""
    assert isinstance(caught(load_credentials, "memory:api", timeout_seconds=0), ConfigurationError)
    assert load_credentials("memory:api", timeout_seconds=5) is load_credentials(
        "memory:api", timeout_seconds=0
    )


def test_a_third_partys_scheme_is_found_by_its_entry_point() -> None:
    """Installed as any package would be; options and errors work alike."""
    key = new_key(KeyType.ED25519)
    scripted_store.script({"bot": answer("scripted:bot", key)})
    assert load_credentials("scripted://bot?colour=blue").api_key.reveal() == key.api_key
    assert "colour" in str(caught(load_credentials, "scripted://bot?color=blue"))
    assert isinstance(caught(load_credentials, "scripted://nothing"), SecretNotFoundError)
    assert isinstance(provider_for(SourceURI("scripted", "bot")), Provider)
    assert not isinstance(provider_for(SourceURI("scripted", "bot")), Store)
    assert "scripted" in SOURCES.schemes()


def install(folder, name: str, scheme: str) -> None:
    """Write what an installer leaves of a package with one entry point."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[binance_creds.providers]\n{scheme} = os:getcwd\n")


def test_a_scheme_with_two_providers_is_refused(tmp_path, monkeypatch) -> None:
    """Which one reads the key must not be a matter of luck."""
    for name in ("first", "second"):
        install(tmp_path, name, "twice")
    monkeypatch.syspath_prepend(tmp_path)
    error = caught(load_credentials, "twice://x")
    assert "several packages provide the scheme 'twice'" in str(error)


def test_a_built_in_scheme_cannot_be_taken(tmp_path, monkeypatch) -> None:
    """The built-in is used; asking for others tells of the claim."""
    install(tmp_path, "thief", "env")
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(caught(load_credentials, "env://NOTHING_HERE"), SecretNotFoundError)
    assert "claims the built-in scheme 'env'" in str(caught(load_credentials, "other://x"))


@pytest.mark.parametrize(
    ("scheme", "module", "line"),
    [
        ("keyring://a/b", "keychain._keyring", "pip install 'binance-creds[keychain]'"),
        ("dotenv:.env", "local.dotenv", "pip install 'binance-creds'"),
    ],
)
def test_a_missing_package_is_named_with_the_line_that_installs_it(
    scheme, module, line, monkeypatch, tmp_path
) -> None:
    """Told from a broken one by the name that is missing."""
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text("OTHER=words that need a parser\n")
    monkeypatch.chdir(tmp_path)
    provider, package = (
        f"binance_creds.providers.{module}",
        module.rpartition(".")[2].removeprefix("_"),
    )
    for name in (provider, "binance_creds._parse._dotenv_text"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name, path=None, target=None):
            if name == package:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    error = caught(load_credentials, scheme)
    assert isinstance(error, ProviderNotInstalledError)
    assert line in str(error)


def test_a_broken_package_raises_as_it_is(monkeypatch) -> None:
    """Installing it again would not help."""
    monkeypatch.delitem(sys.modules, "binance_creds.providers.memory")

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "binance_creds.providers.memory":
                raise ModuleNotFoundError("No module named 'inner'", name="inner")

    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert caught(load_credentials, "memory:x").name == "inner"


def test_many_are_loaded_under_their_names() -> None:
    """In order; local sources without threads, others with a few."""
    keys = {f"sub{number}": new_key() for number in range(50)}
    scripted_store.script({name: answer(f"scripted:{name}", key) for name, key in keys.items()})
    for name, key in keys.items():
        memory.register(name, key.fields())
    for scheme in ("memory", "scripted"):
        loaded = load_many({name: f"{scheme}:{name}" for name in keys})
        assert list(loaded) == list(keys)
        assert all(loaded[name].api_key.reveal() == key.api_key for name, key in keys.items())
    assert load_many({}) == {}
    assert len(scripted_store.asked) == 50


def test_one_error_tells_of_all_that_failed() -> None:
    """With the class of the most serious; what did load stays cached."""
    scripted_store.script(
        {
            "a": answer("scripted:a"),
            "b": MalformedSecretError("bad.", reason="x", source="scripted:b"),
        }
    )
    error = caught(load_many, {n: f"scripted:{n}" for n in "abc"})
    assert type(error) is MalformedSecretError
    assert [(a.source, a.code) for a in error.attempts] == [
        ("b: scripted:b", "malformed"),
        ("c: scripted:c", "not_found"),
    ]
    asked = len(scripted_store.asked)
    assert load_credentials("scripted:a")
    assert len(scripted_store.asked) == asked


def test_a_synchronous_load_in_a_running_loop_says_so() -> None:
    """Where the source may take its time; local files and cached values do not matter."""
    scripted_store.script({"a": answer("scripted:a")})
    memory.register("api", new_key().fields())

    async def main() -> None:
        load_credentials("memory:api")
        with pytest.warns(CredentialsWarning, match="await aload_credentials") as seen:
            load_credentials("scripted:a")
        assert seen[0].filename == __file__
        load_credentials("scripted:a")

    asyncio.run(main())


def test_a_source_that_is_down_is_not_asked_by_every_caller() -> None:
    """A hundred threads, one attempt, and everybody gets a traceback of his own."""
    scripted_store.script({"a": ProviderUnavailableError("down.", source="scripted:a")})
    with ThreadPoolExecutor(16) as pool:
        errors = list(pool.map(lambda _: caught(load_credentials, "scripted:a"), range(100)))
    assert {type(error) for error in errors} == {ProviderUnavailableError}
    assert len(set(map(id, errors))) == 100
    assert len(scripted_store.asked) == 1


def test_key_and_secret_of_two_files_make_a_pair(tmp_path) -> None:
    """Docker's habit: one secret a file, named in a profile."""
    key = new_key()
    for name, text in key.fields().items():
        (tmp_path / f"binance_{name}").touch(0o600)
        (tmp_path / f"binance_{name}").write_text(text)
    profile = {name: f"file:{tmp_path}/binance_{name}" for name in key.fields()}
    assert (
        load_credentials(config={"profiles": {"p": profile}}).api_secret.reveal() == key.api_secret
    )


@pytest.mark.parametrize("call", ["'env://BINANCE'", "'dotenv:.env'", "'dotenv:.env', live=True"])
def test_import_and_first_load_bring_nothing_heavy_in(call, tmp_path) -> None:
    """No SDK, no pydantic, no asyncio, no OpenSSL, no logging; no `typing` and no `re` either."""
    heavy = {
        "_hashlib", "asyncio", "boto3", "cryptography", "dotenv", "hvac", "json", "keyring", "logging",
        "pydantic", "re", "tomllib", "typing",
    }  # fmt: skip
    code = (
        "import sys; before = {*sys.modules}; import binance_creds;"
        f"held = binance_creds.load_credentials({call}); print(sorted({heavy!r} & {{*sys.modules}} - before))"
    )
    pair = {"BINANCE_API_KEY": token(), "BINANCE_API_SECRET": token()}
    (tmp_path / ".env").touch(0o600)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in pair.items()))
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=plain_environ(**pair), check=True,
        cwd=tmp_path,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"


def test_a_first_load_compiles_no_annotation() -> None:
    """A first live handle neither; `typing` does so for each text it is given."""
    code = (
        "import typing\n"
        "made = []\n"
        "begin = typing.ForwardRef.__init__\n"
        "def noted(self, text, *rest, **more):\n"
        "    made.append(text)\n"
        "    begin(self, text, *rest, **more)\n"
        "typing.ForwardRef.__init__ = noted\n"
        "typing.NamedTuple('One', [('field', 'text')])\n"
        "from binance_creds import load_credentials\n"
        "load_credentials('env://BINANCE')\n"
        "load_credentials('env://BINANCE', live=True).close()\n"
        "print(made)"
    )
    environ = plain_environ(BINANCE_API_KEY=token(), BINANCE_API_SECRET=token())
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True
    )
    assert "['text']" == run.stdout.strip()


def test_a_child_process_loads_by_itself(stored) -> None:
    """Credentials are not pickled to it; the error says what to do."""
    import multiprocessing

    creds = load_credentials("memory:api")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        error = caught(pool.apply, repr, (creds,))
    assert "in the process that uses them" in str(error)


def test_the_interpreter_ends_while_a_load_hangs(tmp_path) -> None:
    """Within a second, without a traceback."""
    code = (
        "import asyncio, threading, time\n"
        "from binance_creds._cache import Cache\n"
        "from binance_creds._time._deadline import Deadline\n"
        "from binance_creds._plan import Plan\n"
        "cache = Cache(lambda plan, deadline: threading.Event().wait())\n"
        "try:\n"
        "    asyncio.run(cache.aget(Plan(()), Deadline(0.1)))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert (run.stdout.strip(), run.stderr) == ("ProviderUnavailableError", "")


def test_every_failure_of_a_file_source_shows_nothing(tmp_path) -> None:
    """The whole way: provider, document, parser, chain, cache."""
    canary = token()
    path = tmp_path / "c"
    path.touch(0o600)
    texts = [
        {"api_key": canary},
        {"api_secret": canary},
        {"api_key": canary, "api_secret": canary},
        {"api_key": canary, "api_secret": f"${{{canary}}}"},
        {"api_key": f"{canary}\u200b", "api_secret": token()},
        {"api_key": token(), "api_secret": f"{canary} x"},
        {"api_key": token(), "private_key": canary},
        {
            "api_key": token(),
            "private_key": f"-----BEGIN PRIVATE KEY-----\n{canary}\n-----END PRIVATE KEY-----",
        },
        {
            "api_key": token(),
            "private_key": new_key(KeyType.ED25519).private_key_pem,
            "api_secret": canary,
        },
        {"api_key": token(), "api_secret": token(), "environment": canary},
        {"api_key": token(), "api_secret": token(), "created": canary},
        {"api_key": token(), "api_secret": token(), "rotation_days": canary},
    ]
    for fields in texts:
        path.write_text(json.dumps(fields))
        for load in (load_credentials, lambda *a, **k: asyncio.run(aload_credentials(*a, **k))):
            error = caught(load, f"file:{path}", fresh=True)
            assert isinstance(error, MalformedSecretError), fields.keys()
            assert isinstance(error, CredentialsError)
            assert_no_leak(canary, error)


def test_threads_and_tasks_of_two_loops_share_one_cache(stored) -> None:
    """Two loops in two threads get the same object."""
    found: list[object] = []

    def run() -> None:
        found.append(asyncio.run(aload_credentials("memory:api")))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0] is found[1] is load_credentials("memory:api")


def test_a_name_without_a_source_is_refused_by_load_many() -> None:
    """It would silently be what the configuration says."""
    error = caught(load_many, {"main": "env://BINANCE", "alpha": None})
    assert isinstance(error, ConfigurationError)
    assert "'alpha' has no source" in str(error)


@pytest.mark.skipif(not hasattr(time, "clock_gettime"), reason="monotonic goes on in suspend here")
def test_what_was_cached_before_a_suspend_is_read_again(monkeypatch, tmp_path) -> None:
    """The clock of the cache goes on while the machine sleeps, unlike `time.monotonic`."""
    old, new = new_key(), new_key()
    path = tmp_path / ".env"
    write_dotenv(path, old.fields())
    assert old.api_key == load_credentials(f"dotenv:{path}").api_key.reveal()
    write_dotenv(path, new.fields())
    assert old.api_key == load_credentials(f"dotenv:{path}").api_key.reveal()
    read = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda clock: read(clock) + 3600)
    assert new.api_key == load_credentials(f"dotenv:{path}").api_key.reveal()
