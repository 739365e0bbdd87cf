"""Staff: roles, signing in, accounts, the audit log, retention."""
