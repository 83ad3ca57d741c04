# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that the simulated server answers with."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer other than 200: its status, error class and message (a list of issues for validation)."""

    def __init__(self, status: int, error: str, message: Any, details: list | None = None) -> None:
        super().__init__(f"{status} {error}: {message}")
        self.status = status
        self.error = error
        self.message = message
        self.details = details


def bad_request(message: str) -> ApiError:
    """Return a 400 with this message."""
    return ApiError(400, "BadRequest", message)


def unauthorized(message: str) -> ApiError:
    """Return a 401 with this message."""
    return ApiError(401, "UnauthorizedError", message)


def token_error(message: str) -> ApiError:
    """Return the 403 of a token that can't be read or verified."""
    return ApiError(403, "TokenError", message)


def malformed_token() -> ApiError:
    """Return the 403 of a token that isn't of three parts."""
    return token_error(
        "The provided access token is malformed. Please use a valid token or generate a new one and try again."
    )


def not_found(message: str) -> ApiError:
    """Return a 404 with this message."""
    return ApiError(404, "NotFound", message)


def not_allowed(reason: str) -> ApiError:
    """Return the 403 whose reason is in `error`, as servers do for membership and for the kind of token."""
    return ApiError(403, reason, "You are not allowed to access this resource")


def internal(error: str = "InternalServerError") -> ApiError:
    """Return a 500; `error` names the failing database call where servers do so."""
    return ApiError(500, error, "Something went wrong")
