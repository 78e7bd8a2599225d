"""`completion`: scripts for shells; they ask this command again, which reads no source."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Final

import binance_creds
from binance_creds.cli._commands import COMMANDS, command_named
from binance_creds.cli._exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  eval "$(binance-creds completion bash)"      in ~/.bashrc
  eval "$(binance-creds completion zsh)"       in ~/.zshrc, after compinit
  binance-creds completion fish | source       in ~/.config/fish/config.fish"""

_COMMON: Final = ("--config", "--json", "--quiet", "--no-input", "--help")
_OPTION: Final = re.compile(r"--[a-z-]+")
_SCRIPTS: Final = {
    "bash": """\
_binance_creds() {
    local word="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=($(compgen -W \\
        "$(binance-creds completion words "${COMP_WORDS[1]}" ${word:0:1} 2>/dev/null)" \\
        -- "$word"))
}
complete -o default -F _binance_creds binance-creds""",
    "zsh": """\
_binance_creds() {
    local -a found
    found=(${(f)"$(binance-creds completion words "${words[2]}" ${PREFIX[1]} 2>/dev/null)"})
    compadd -a found
}
compdef _binance_creds binance-creds""",
    "fish": """\
complete -c binance-creds -f -a \
'(binance-creds completion words (commandline -opc)[2] \
(string sub -l 1 -- (commandline -ct)) 2>/dev/null)'""",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options of `completion`."""
    parser.add_argument(
        "shell", choices=[*_SCRIPTS, "words"], help="bash, zsh or fish; words is for the scripts"
    )
    parser.add_argument(
        "command_line", nargs="*", default=[], help="what is typed so far, for words"
    )


def run(options: Namespace, terminal: Terminal) -> ExitCode:
    """Print a script, or the words that may follow."""
    script = _SCRIPTS.get(options.shell)
    if terminal.is_json:
        found = {"words": _words(options)} if script is None else {"script": script}
        terminal.write_json({"completion": found})
    else:
        terminal.write("\n".join(_words(options)) if script is None else script)
    return ExitCode.DONE


def _options_of(command: str) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False)
    command_named(command).add_arguments(parser)
    return _OPTION.findall(parser.format_usage()) + list(_COMMON)


def _words(options: Namespace) -> list[str]:
    command, *begun = options.command_line or [""]
    if command not in COMMANDS:
        return list(COMMANDS)
    if begun == ["-"]:
        return _options_of(command)
    if command == "completion":
        return list(_SCRIPTS)
    try:
        return list(
            binance_creds.policies(options.config)
            if command == "policy"
            else binance_creds.profile_names(options.config)
        )
    except binance_creds.CredentialsError:  # a broken configuration completes nothing
        return []
