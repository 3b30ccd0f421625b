"""Where the preview listens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An address of this machine, and a port; 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0

    @property
    def name(self) -> str:
        """Return the host as it stands in addresses: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host
