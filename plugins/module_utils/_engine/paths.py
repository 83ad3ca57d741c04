# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that newer servers have and older ones lack: a newer one is tried first, and what is lacking is remembered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .._errors import RouteMissing, UnexpectedAnswer, Unreachable
from .._http.client import Client

PROJECTS, FOLDERS, SECRETS = "projects", "folders", "secrets"
# A path and its query.
Way = tuple[str, Optional[Mapping[str, str]]]  # noqa: UP045 - the pylint of ansible-test knows no other


class Paths:
    """What a session has seen of the paths that a server has, by area of the API."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lacking: set[str] = set()
        self._having: set[str] = set()

    def lacks(self, area: str) -> bool:
        """Tell whether an answer has shown that the server has the older paths only."""
        # Servers got both at once.
        return area in self._lacking or PROJECTS in self._lacking

    def may_lack(self, area: str) -> bool:
        """Tell whether the server may have the older paths only: it has, or it lacks the newer ones of another area."""
        return self.lacks(area) or bool(self._lacking and area not in self._having)

    def get(self, area: str, newer: Way, older: Way | None = None) -> tuple[str, dict[str, Any]]:
        """GET the newer way if the server may have it, else the older one; return its path and the answer.

        Raises RouteMissing or UnexpectedAnswer of the last one that was tried where the server has none.
        """
        # A login that fails says nothing about the path.
        self._client.access_token()
        if older is None:
            return newer[0], self._client.get(*newer)
        if self.may_lack(area) and not self.lacks(area):
            # It lacks another newer path. A task costs one probe at most, and newer servers have the older paths, too.
            try:
                return older[0], self._client.get(*older)
            except (RouteMissing, UnexpectedAnswer):
                answer = self._client.get(*newer)
                self._having.add(area)
                return newer[0], answer
        if not self.lacks(area):
            try:
                answer = self._client.get(*newer)
            except (RouteMissing, UnexpectedAnswer):
                # A server without the route may answer with its web page, too.
                self._lacking.add(area)
            else:
                self._having.add(area)
                return newer[0], answer
        try:
            return older[0], self._client.get(*older)
        except (RouteMissing, UnexpectedAnswer, Unreachable):
            # That tells nothing about the server's age.
            self._lacking.discard(area)
            raise
