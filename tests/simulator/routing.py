# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the endpoints of the simulated server are made of: the request they see and the route that leads there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .tokens import Actor


@dataclass
class Call:
    """One request as an endpoint sees it; `certificate` is the client's, as PEM, or nothing."""

    actor: Actor | None
    params: dict[str, str]
    query: dict[str, str]
    body: Any
    certificate: str = ""

    def identity(self) -> Actor:
        """Return who calls; only for endpoints that need a token."""
        assert self.actor is not None
        return self.actor


@dataclass(frozen=True)
class Route:
    """An endpoint: `token` says who may call it (`any`, `user`, or None for everybody).

    One that `reads` is limited as reads are, whatever its method. Only lists may lag behind.
    """

    method: str
    pattern: str
    handler: Callable[[Call], Any]
    token: str | None = "any"
    limited: bool = True
    reads: bool = False
    is_list: bool = False

    @functools.cached_property
    def _segments(self) -> list[str]:
        return self.pattern.strip("/").split("/")

    def match(self, method: str, segments: list[str]) -> dict[str, str] | None:
        """Return the path's parameters when this route is meant."""
        own = self._segments
        if (self.method, len(own)) != (method, len(segments)):
            return None
        params = {}
        for wanted, given in zip(own, segments, strict=True):
            if wanted.startswith(":") and given:
                params[wanted[1:]] = unquote(given).strip()
            elif wanted != given:
                return None
        return params
