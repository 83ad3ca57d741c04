# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way in which a task can fail, as types. The text of each is the sentence that the user reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from ._masking import LEAST_PART, shown_text

# Longer server texts help nobody, and a hostile server could flood the log with them.
TEXT_LIMIT = 600
# Where errors in JSON have their sentence; where there are several, the first of these is the clearest.
SENTENCES = ("message", "Message", "error_description", "errorMessage", "detail", "title", "error", "errors")
MOST_LEVELS = 5
# Control characters, what ends lines or turns their direction, and halves of characters, which can't be encoded.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\u061c\u200e\u200f\ud800-\udfff]+")


def clean_text(value: object, limit: int = TEXT_LIMIT, least: int = 0) -> str:
    """Return server text fit for a terminal and a log: one line, no control characters, at most `limit` characters.

    The task's secrets of `least` characters or more are masked in it, and first of all: nobody recognises one that was
    cut or joined.
    """
    # Cut then: the pattern below should never run over megabytes.
    text = shown_text(value, least)[: limit * 4]
    text = " ".join(UNFIT.sub(" ", text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_name(value: object, limit: int) -> str:
    """Return an option's value, or a name or an id, as `clean_text` does; a short secret masks no part of it."""
    return clean_text(value, limit, LEAST_PART)


def sentence_in(value: object) -> object:
    """Return the sentence in what a server or service says of an error in JSON, or the value as it is."""
    if isinstance(value, Mapping):
        return _sentence(value, MOST_LEVELS) or value
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return _sentence(json.loads(value), MOST_LEVELS) or value
    except (ValueError, RecursionError):
        return value


def _sentence(value: object, levels: int) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return _sentence(value[0], levels - 1) if value and levels else ""
    if not isinstance(value, Mapping) or not levels:
        return ""
    return next((text for key in SENTENCES if (text := _sentence(value.get(key), levels - 1))), "")


def one_line(text: str) -> str:
    """Return a message on one line and without control characters; one that has none comes back as it is."""
    return " ".join(UNFIT.sub(" ", text).split()) if UNFIT.search(text) else text


def listed(values: Iterable[object], joint: str = ", ", limit: int = 50, longest: int = 200) -> str:
    """Return names as a list in a message: each cleaned and cut, and of more than `limit` how many more.

    `longest` is how many characters of each are left.
    """
    found = list(values)
    more = f" and {len(found) - limit} more" if len(found) > limit else ""
    return joint.join(clean_name(value, longest) for value in found[:limit]) + more


def shown(value: object, least: int = LEAST_PART) -> str:
    """Return the value of an option, or of an object's field, as it is written in a message; `least`: `clean_text`."""
    if value is None or value == "":
        return "unset"
    return clean_text(repr(value) if isinstance(value, str) else value, 120, least)


def as_sentence(text: str) -> str:
    """Return `text` with a full stop, where it doesn't end in a mark of its own."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class InfisicalError(Exception):
    """Base of all errors that a task reports. `kind` is the stable name that a playbook can test for.

    `maybe_done` is true where the request may have taken effect although no proper answer came back.
    `details` are further keys for the task's result (JSON-like values, nothing secret). The message may hold server
    text: it becomes one line without control characters. `short` is the message without the name of the object, for a
    list of several that failed alike; empty where there is no such form.
    """

    kind = "error"
    maybe_done = False
    short = ""

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(one_line(message))
        self.details = details

    def extended(self, sentence: str) -> InfisicalError:
        """Return the same error with one more sentence."""
        error = self.__class__.__new__(self.__class__)
        error.__dict__.update(self.__dict__)
        error.args = (one_line(f"{as_sentence(str(self))} {sentence}"),)
        return error


class InputError(InfisicalError):
    """The task's options can't be carried out; nothing was written."""

    kind = "input"


class ConflictError(InfisicalError):
    """What is on the server stands in the way of what the task asks for; nothing was written."""

    kind = "conflict"


class SyncFailed(InfisicalError):
    """The server recorded that the sync failed, or recorded no outcome in time."""

    kind = "sync_failed"

    def __init__(self, message: str, *, short: str = "", **details: object) -> None:
        super().__init__(message, **details)
        self.short = one_line(short)


class UpdateIgnored(InfisicalError):
    """The server answered a create or an update with success, but not all of it has the values that were asked for."""

    kind = "update_ignored"


class Unreachable(InfisicalError):
    """No answer came. `maybe_done` is set when the request may have reached the server."""

    kind = "unreachable"

    def __init__(self, message: str, *, maybe_done: bool, lasting: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        self.lasting = lasting  # the same attempt would fail again (a certificate that is not trusted)


class UnexpectedAnswer(InfisicalError):
    """An answer came that isn't the API's: a page, broken JSON, a redirect, too much data."""

    kind = "unexpected_answer"

    def __init__(self, message: str, *, status: int, maybe_done: bool, lasting: bool = False) -> None:
        super().__init__(message, status=status)
        self.status = status
        self.maybe_done = maybe_done
        self.lasting = lasting


class NotUnderstood(UnexpectedAnswer):
    """A field of an answer holds something other than the API says."""

    def __init__(self, message: str) -> None:
        # As far as anybody can tell from such an answer, what was asked for has taken effect.
        super().__init__(message, status=200, maybe_done=True, lasting=True)


class ServerError(InfisicalError):
    """The API answered with an error. `status` is the HTTP status, `text` the server's own words, `req_id` its id.

    `name` is what the server calls the error: a class, or the reason on old servers.
    `retry_after` is the wait in seconds that the server asks for, where it does.
    """

    kind = "server"
    retry_after: float | None = None

    def __init__(self, message: str, *, status: int, text: str = "", name: str = "", req_id: str | None = None) -> None:
        super().__init__(message, status=status, **({"req_id": req_id} if req_id else {}))
        self.status = status
        self.text = text
        self.name = name

    @property
    def maybe_done(self) -> bool:  # type: ignore[override]
        """Server faults don't tell whether the request was carried out before they happened."""
        return self.status >= 500


class NotFound(ServerError):
    """The API knows the route, but not the object."""

    kind = "not_found"


class ProjectMissing(ServerError):
    """A server of October 2024 found no such project, and answered 500."""

    kind = "not_found"


class RouteMissing(ServerError):
    """The server has no such endpoint: it is older (or newer) than the endpoint."""

    kind = "route_missing"


class ValidationRefused(ServerError):
    """The server found the input invalid (401 on old servers, 422 on new ones)."""

    kind = "validation"


class PermissionRefused(ServerError):
    """The identity may not do this, or is not a member of the project."""

    kind = "permission"


class TokenRefused(ServerError):
    """The access token is missing, malformed, expired, revoked or used up."""

    kind = "token"


class LoginRefused(ServerError):
    """The server didn't accept the credentials of the login."""

    kind = "login"


class CreationClosed(ServerError):
    """The server creates no new native integrations any more."""

    kind = "creation_closed"


class Throttled(ServerError):
    """Rate limit. It is answered before the request is looked at, so the request was not carried out.

    That the 500 of an old server means this is inferred, so that such a one may be something else.
    """

    kind = "throttled"
