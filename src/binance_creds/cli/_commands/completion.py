"""`completion`: scripts for shells; they ask this command again, which reads no source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from binance_creds.cli._commands._words import words_for
from binance_creds.cli._exit_codes import ExitCode

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from binance_creds.cli._terminal import Terminal

EPILOG = """\
  eval "$(binance-creds completion bash)"      in ~/.bashrc
  eval "$(binance-creds completion zsh)"       in ~/.zshrc, after compinit
  binance-creds completion fish | source       in ~/.config/fish/config.fish"""

_SCRIPTS: Final = {
    "bash": """\
_binance_creds() {
    local IFS=$'\\n'
    local -a before=("${COMP_WORDS[@]:1:COMP_CWORD}")
    COMPREPLY=($(binance-creds completion words "${before[@]/#/=}" 2>/dev/null))
    [[ ${COMPREPLY[0]-} == *[:/] ]] && compopt -o nospace 2>/dev/null
}
complete -o default -F _binance_creds binance-creds""",
    "zsh": """\
_binance_creds() {
    local -a found
    found=(${(f)"$(binance-creds completion words "${(@)words[2,CURRENT]/#/=}" 2>/dev/null)"})
    if (( $#found )); then
        compadd -S '' -- ${(M)found:#*[:/]}
        compadd -- ${found:#*[:/]}
        return 0
    else
        compset -P '*:'
        _files
    fi
}
compdef _binance_creds binance-creds""",
    "fish": """\
function __binance_creds
    set -l token (commandline -ct)
    set -l before (commandline -opc)
    set -e before[1]
    set -l found (binance-creds completion words "="$before "=$token" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
        return
    end
    set -l head (string match -r '^.*:' -- "$token")
    for path in (__fish_complete_path (string replace -r '^.*:' '' -- "$token"))
        echo "$head$path"
    end
end
complete -c binance-creds -f -a '(__binance_creds)'""",
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
    # Each word has a `=` before it, so that none is taken for an option of this command.
    words = words_for([word[1:] for word in options.command_line]) if script is None else []
    if terminal.is_json:
        found = {"words": words} if script is None else {"script": script}
        terminal.write_json({"completion": found})
    else:
        for text in words if script is None else [script]:
            terminal.write(text)
    return ExitCode.DONE
