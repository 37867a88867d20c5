"""What one notebook may spend: time, memory, output, processes, disk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of one notebook's run; a lab may set its own.

    `cell_s` and `notebook_s` are seconds of processor time, child processes included; a cell and a
    notebook may also sleep as long as they may compute. How busy the machine is doesn't count. What
    a notebook does after it has been interrupted, such as showing where, isn't the cell's.

    `memory_mb` is what the notebook may use above the preloaded process it starts from. `output_kb`
    is for each cell: beyond it the output is cut, with a notice, and the cell goes on.
    `observation_mb`, `processes` (threads count too) and `disk_mb` are for the whole notebook.

    >>> Limits(cell_s=5).notebook_s
    120.0
    >>> Limits(memory_mb=0)
    Traceback (most recent call last):
    ValueError: Limits.memory_mb must be above 0, and it is 0
    """

    cell_s: float = 30.0
    notebook_s: float = 120.0
    memory_mb: int = 2048
    output_kb: int = 1000
    observation_mb: int = 64
    processes: int = 64
    disk_mb: int = 256

    def __post_init__(self) -> None:
        """Refuse a limit that would let nothing run."""
        for name, value in vars(self).items():
            if not value > 0:
                msg = f"Limits.{name} must be above 0, and it is {value}"
                raise ValueError(msg)
