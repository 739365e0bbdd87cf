"""The one tree of errors. Each says what happened, where, and what to do about it."""


class KanikkoError(Exception):
    """Root of the errors we raise on purpose.

    ``message`` is for a person, in the language of whoever will read it; ``remedy`` says what to do next.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  → {self.remedy}" if self.remedy else self.message


class SettingsError(KanikkoError):
    """A setting is missing or makes no sense."""


class MachineError(KanikkoError):
    """This machine lacks something we need (bubblewrap, user namespaces, …)."""
