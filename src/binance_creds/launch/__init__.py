"""Run a program of any language with credentials in its environment, and follow their rotations."""

from typing import TYPE_CHECKING

from binance_creds._late import late

if TYPE_CHECKING:
    from binance_creds.launch._environ import child_environ
    from binance_creds.launch._memory_files import MemoryFiles
    from binance_creds.launch._replacing import replace_process
    from binance_creds.launch._supervisor import OnRotation, Supervisor
    from binance_creds.launch._variables import variable_names, variables_for

__all__ = [
    "MemoryFiles",
    "OnRotation",
    "Supervisor",
    "child_environ",
    "replace_process",
    "variable_names",
    "variables_for",
]

_HERE = "binance_creds.launch"
__getattr__, __dir__ = late(
    __name__,
    {
        "MemoryFiles": f"{_HERE}._memory_files",
        "OnRotation": f"{_HERE}._supervisor",
        "Supervisor": f"{_HERE}._supervisor",
        "child_environ": f"{_HERE}._environ",
        "replace_process": f"{_HERE}._replacing",
        "variable_names": f"{_HERE}._variables",
        "variables_for": f"{_HERE}._variables",
    },
)
