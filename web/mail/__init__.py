"""Mail: queued in the database in the caller's transaction, sent by the clockwork, retried, seen by staff when it bounces."""

from web.mail.outbox import Attachment, post

__all__ = ["Attachment", "post"]
