"""A lottery that anyone can check. How it works and what it proves: ``docs/lottery.md``."""
