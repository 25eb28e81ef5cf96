"""Whether something can run here."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.errors import BackendUnavailableError


@dataclass(frozen=True)
class Availability:
    """Whether a backend, or another program, can run here.

    Attributes
    ----------
    ok : bool
        It can.
    reason : str
        What is there, or what is missing.
    remedy : str
        What to do about it; empty where nothing is to be done.
    """

    ok: bool
    reason: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """Reason and remedy in one sentence, without its full stop."""
        return "; ".join(part for part in (self.reason, self.remedy) if part)

    def require(self, what: str) -> None:
        """Stop here where it cannot run.

        Parameters
        ----------
        what : str
            Its name, for the error.

        Raises
        ------
        BackendUnavailableError
            With reason and remedy.
        """
        if not self.ok:
            raise BackendUnavailableError(f"{what} cannot run here: {self.text}")
