# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer means: the JSON of a good one, a typed error with one clear sentence for any other."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from .. import _errors as errors
from .._errors import as_sentence, clean_text
from .pacing import stated_seconds
from .words import error_text, path_hint, redirect_text

# A fault that may have passed when the request is sent again.
PASSING_STATUSES = frozenset({500, 502, 503, 504})
# What servers of October 2024 call the 500 by which they say that there is no such project.
NO_PROJECT = re.compile(r"\bfind\b.*\bprojects?\b", re.IGNORECASE)
MOST_ROWS = 100_000
MOST_LEVELS = 50
TOO_DEEP = f"is nested more than {MOST_LEVELS} levels deep"


def interpret(response: Any, content: bytes, where: str, url: str) -> dict[str, Any]:
    """Return the JSON object of a good answer.

    `response` is the requests.Response whose body `content` is; `where` names the request ("GET /api/...") and `url`
    the server in messages. Raises the subclass of ServerError, or UnexpectedAnswer, that any other answer stands for.
    """
    status = response.status_code
    if 300 <= status < 400:
        raise errors.UnexpectedAnswer(
            redirect_text(response.headers.get("Location", ""), where, url),
            status=status,
            maybe_done=False,
            lasting=True,
        )
    try:
        answer = json.loads(content) if content else {}
        fault = _excess(answer)
    except ValueError:
        answer, fault = None, ""
    except RecursionError:
        fault = TOO_DEEP
    if fault:
        raise errors.UnexpectedAnswer(
            f"The response to {where} {fault} and was not used.", status=status, maybe_done=True, lasting=True
        )
    if not isinstance(answer, dict):
        raise _not_the_api(response, where, url)
    if 200 <= status < 300:
        return answer
    error = _server_error(response, answer, where, url)
    error.retry_after = _stated_wait(response, error)
    raise error


def _excess(answer: Any) -> str:
    """Return what of an answer is more than the collection uses, or nothing: what comes after grows with it."""
    level = [answer] if isinstance(answer, dict | list) else []
    for _number in range(MOST_LEVELS):
        if not level:
            return ""
        if any(len(value) > MOST_ROWS for value in level):
            return f"has a list of more than {MOST_ROWS} entries"
        insides = (value.values() if isinstance(value, dict) else value for value in level)
        level = [inner for inside in insides for inner in inside if isinstance(inner, dict | list)]
    return TOO_DEEP if level else ""


def _not_the_api(response: Any, where: str, url: str) -> errors.InfisicalError:
    status = response.status_code
    if status == 404:
        text = f"{url} has no {where}: it answered 404 with something other than JSON."
        return errors.RouteMissing(text + path_hint(url), status=404)
    kind = clean_text(response.headers.get("Content-Type", "no content type"), 60)
    return errors.UnexpectedAnswer(
        f"{url} answered {where} with status {status} and {kind} instead of JSON: is url the address of an Infisical"
        " server, or is a proxy or login page in between? Specify the token of an access proxy in extra_headers."
        f"{path_hint(url)}",
        status=status,
        maybe_done=status < 400 or status >= 500,
        lasting=status < 500,
    )


def _server_error(response: Any, answer: Mapping[str, Any], where: str, url: str) -> errors.ServerError:
    status = 429 if _is_throttling(response, answer) else response.status_code
    name = clean_text(answer["error"], 200) if isinstance(answer.get("error"), str) else ""
    text = error_text(answer.get("message"))
    req_id = clean_text(answer["reqId"], 60) if isinstance(answer.get("reqId"), str) else None
    kind, sentence = _meaning(status, name, text, url)
    if status == 500 and where.startswith("GET ") and NO_PROJECT.search(name):
        kind, sentence = errors.ProjectMissing, f"The server failed: {name}"
    reference = f"{where}: {response.status_code}" + (f", {req_id}" if req_id else "")
    return kind(f"{sentence} [{reference}]", status=response.status_code, text=text, name=name, req_id=req_id)


def _is_throttling(response: Any, answer: Mapping[str, Any]) -> bool:
    """Tell whether a 500 is what servers of October 2024 answer to a request that is beyond the limit."""
    headers = response.headers
    is_own = answer.get("statusCode") == 500 and isinstance(answer.get("error"), str) and "message" in answer
    is_limited = "retry-after" in headers and headers.get("x-ratelimit-remaining", "").strip() == "0"
    return response.status_code == 500 and is_own and is_limited


def _meaning(status: int, name: str, text: str, url: str) -> tuple[type[errors.ServerError], str]:
    """Return what an error stands for, and its sentence. The same thing has other statuses on old and new servers."""
    if status == 429 or name == "RateLimitExceeded":
        return errors.Throttled, f"{url} limits the rate of requests: {text}"
    if status == 422 or name == "ValidationFailure":
        return errors.ValidationRefused, f"The server refused the input: {text}"
    # An unknown service token is a 404, which says nothing about the object that was asked for.
    if status == 401 or name == "TokenError" or (status == 404 and text.startswith("Service token")):
        return errors.TokenRefused, f"The server refused the access token: {text or name}"
    if status == 403:
        return _forbidden(name, text)
    if status == 404 and name == "NotFound":
        return errors.NotFound, text
    if status == 404:
        hint = path_hint(url)
        return errors.RouteMissing, f"{url} has no such endpoint: {as_sentence(text) + hint if hint else text}"
    verb = "failed" if status >= 500 else "refused"
    return errors.ServerError, f"The server {verb}: {text or name or 'no reason given'}"


def _forbidden(name: str, text: str) -> tuple[type[errors.ServerError], str]:
    if name != "PermissionDenied" and re.search(r"native integrations?\b", text, re.IGNORECASE):
        return errors.CreationClosed, (
            f"This server creates no new native integrations. It says: {text} Existing ones can still be read, changed,"
            " synced and removed with this collection. App connections and secret syncs replace them"
            " (infisical_app_connection, infisical_secret_sync; the role migrate_native_integrations moves a project)."
        )
    # Old servers give the reason in `error` and a commonplace in `message`.
    for words in (name, text):
        if "not a member" in words:
            return errors.PermissionRefused, f"The project does not exist, or this identity is not in it: {words}"
    reason = text if name in ("", "PermissionDenied", "ForbiddenError") else f"{text} ({name})"
    return errors.PermissionRefused, f"The identity is not allowed to do this: {reason}"


def _stated_wait(response: Any, error: errors.ServerError) -> float | None:
    """Return the seconds that the server asks to wait: Retry-After, else for a 429 what else tells it."""
    if not isinstance(error, errors.Throttled) and error.status not in PASSING_STATUSES:
        return None
    headers = response.headers
    stated = _seconds_or_date(headers.get("Retry-After", ""))
    if stated is not None or not isinstance(error, errors.Throttled):
        return stated
    stated = stated_seconds(headers.get("x-ratelimit-reset", ""))
    if stated is not None:
        return float(stated)
    in_text = re.search(r"in ([0-9]{1,9}) (second|minute)", error.text)
    return float(in_text[1]) * (60 if in_text[2] == "minute" else 1) if in_text else None


def _seconds_or_date(text: str) -> float | None:
    """Return the seconds that a Retry-After asks to wait; None where it is neither a number nor a date."""
    seconds = stated_seconds(text)
    if seconds is not None:
        return float(seconds)
    try:
        return max(0.0, parsedate_to_datetime(text[:100]).timestamp() - time.time())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
