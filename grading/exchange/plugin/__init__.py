"""nbgrader's eight exchange classes, and its authenticator, speaking to the hand-in service from inside a room."""

from grading.exchange.plugin.assignments import RoomFetchAssignment, RoomReleaseAssignment
from grading.exchange.plugin.authenticator import ExchangeAuthPlugin
from grading.exchange.plugin.base import RoomExchange
from grading.exchange.plugin.feedback import RoomFetchFeedback, RoomReleaseFeedback
from grading.exchange.plugin.listing import RoomList
from grading.exchange.plugin.submissions import RoomCollect, RoomSubmit

__all__ = [
    "ExchangeAuthPlugin", "RoomCollect", "RoomExchange", "RoomFetchAssignment", "RoomFetchFeedback", "RoomList",
    "RoomReleaseAssignment", "RoomReleaseFeedback", "RoomSubmit",
]  # fmt: skip
