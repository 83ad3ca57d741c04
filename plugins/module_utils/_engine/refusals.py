# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a task can't go on, where there is more to say than the server does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import (
    ConflictError,
    CreationClosed,
    InfisicalError,
    InputError,
    LoginRefused,
    ServerError,
    Throttled,
    TokenRefused,
    ValidationRefused,
    listed,
)
from .kind import Kind, View
from .plan import Plan
from .values import oldest_first

if TYPE_CHECKING:
    from .driver import Resource

# Refusals that have nothing to do with what the task asks for, or say all there is to say.
TELLING = (CreationClosed, LoginRefused, Throttled, TokenRefused, ValidationRefused)


def ambiguous(kind: Kind, called: str, views: Sequence[View]) -> str:
    """Return the sentence for several objects where one is meant."""
    ids = listed(view["id"] for view in oldest_first(views))
    return (
        f"{len(views)} {kind.label}s are alike ({called}): {ids}. Specify {kind.id_option} to select one, or remove the"
        " others."
    )


def exists(res: Resource) -> ConflictError:
    """Return the refusal of an object that must be new, and exists."""
    return ConflictError(f"The {res.kind.label} {res.called()} already exists: someone else created it.")


def explained(res: Resource, plan: Plan, refusal: ServerError) -> InfisicalError:
    """Return why the server refused to carry out a plan: in the words of check mode, if they have more to say."""
    if refusal.maybe_done or isinstance(refusal, TELLING):
        return res.hinted(refusal)
    try:
        res.find_reason(plan)
    except InputError as reason:
        reason.details.update(refusal.details)
        return reason
    except InfisicalError:
        pass
    return res.name_what_is_missing(refusal, plan)
