# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server, the proxy in front of it, and what must be true of both after a run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from simulator import Simulator

from .plays import KEY, REGION, SECRET, SERVICE, FakeClock, Playbook, Run
from .proxy import FaultProxy

CREATES = re.compile(r"/api/v1/(integration|integration-auth/access-token|app-connections/\w+|secret-syncs/[\w-]+)")
KINDS = {
    *("input", "conflict", "sync_failed", "update_ignored", "unreachable", "unexpected_answer", "server", "not_found"),
    *("route_missing", "validation", "permission", "token", "login", "throttled", "some_failed"),
}


class World:
    """One simulated server behind a proxy; `other_host` is where nothing may ever go."""

    def __init__(self, sim: Simulator, proxy: FaultProxy, other_host: Simulator, clock: FakeClock | None) -> None:
        self.sim = sim
        self.proxy = proxy
        self.other_host = other_host
        self._clock = clock
        self._bystanders: Any = None
        proxy.spoil_token = self._spoil
        if clock:
            clock.on_sleep = self._waited
            proxy.slow = lambda: clock.pass_by(60)

    def _waited(self) -> None:
        self.proxy.waited()

    def _spoil(self, how: str, token: str) -> None:
        if how == "expired":
            self.sim.expire_token(token)
        elif how == "revoked":
            self.sim.revoke_tokens()
        else:
            self.sim.use_up_token(token)

    def connection(self, through_proxy: bool = False, **more: Any) -> dict[str, Any]:
        """Return the options for a task that reaches the server through the faults."""
        port = urlsplit(self.sim.url).port
        return {
            # A name that only the proxy between can make something of.
            "url": f"http://infisical.example:{port}" if through_proxy else self.proxy.url,
            "allow_plaintext": through_proxy,
            "universal_auth_client_id": self.sim.admin.client_id,
            "universal_auth_client_secret": self.sim.admin.client_secret,
            **more,
        }

    @contextmanager
    def fresh(self, playbook: Playbook, there: int = 0) -> Iterator[str]:
        """Have a project with things that the playbook doesn't mention, and the first `there` of what it wants."""
        project_id = self.sim.add_project("a-project")
        other = self.sim.add_auth(project_id, SERVICE, namespace="other", accessId="x", accessToken="y")
        self.sim.add_integration(other["id"], "dev", secretPath="/app", app="one", region=REGION)
        self._bystanders = self._of(other["id"], project_id)
        self._other_id = other["id"]
        if there and playbook.kind == "native":
            auth = self.sim.add_auth(project_id, SERVICE, accessId=KEY, accessToken=SECRET)
            for name in playbook.names[: there - 1]:
                # It differs, so that there is something to update.
                fields = {"secretPath": playbook.secret_path, "app": name, "region": REGION, "isActive": False}
                self.sim.add_integration(auth["id"], "dev", **fields)
        if there and playbook.kind == "syncs":
            keys = {"accessKeyId": KEY, "secretAccessKey": SECRET}
            self.sim.add_connection("aws", "access-key", "aws-main", project_id, **keys)
        self.sim.clear_requests()
        try:
            yield project_id
        finally:
            self.proxy.heal()
            self.sim.list_lag = 0
            self.sim.remove_project(project_id)

    def _of(self, auth_id: str, project_id: str) -> list:
        auths = [one for one in self.sim.auths(project_id) if one["id"] == auth_id]
        integrations = [one for one in self.sim.integrations(project_id) if one["integrationAuthId"] == auth_id]
        # When it was synced changes by itself.
        return [auths, [(one["id"], one["app"], one["isActive"], one["secretPath"]) for one in integrations]]

    def assert_well_told(self, run: Run) -> None:
        """A failure is one sentence or more on one line, of a known kind; nothing secret is shown."""
        for _module, result in run.results:
            if result.get("failed"):
                message = result["msg"]
                assert message
                assert "\n" not in message
                assert "Traceback" not in message
                assert result["error_kind"] in KINDS, message
        secrets = {SECRET, self.sim.admin.client_secret, *self.sim.live_tokens()}
        assert not [secret for secret in secrets if secret in run.shown]

    def assert_sent_once(self) -> None:
        """No two creates of the same object reached the server and succeeded."""
        made = Counter(
            (seen.path, json.dumps(seen.body, sort_keys=True))
            for seen in self.proxy.seen
            if seen.method == "POST" and seen.status == 200 and CREATES.fullmatch(seen.path)
        )
        assert not [what for what, times in made.items() if times > 1]

    def assert_wanted(self, playbook: Playbook, project_id: str) -> None:
        """Exactly the wanted effect: all of it, once, whole; and nothing else touched."""
        assert self._of(self._other_id, project_id) == self._bystanders
        if playbook.kind == "native":
            self._assert_native(playbook, project_id)
        else:
            self._assert_syncs(playbook, project_id)

    def _assert_native(self, playbook: Playbook, project_id: str) -> None:
        (auth,) = [one for one in self.sim.auths(project_id) if one["id"] != self._other_id]
        stored = self.sim.stored_credentials(auth["id"])
        assert (stored["accessId"], stored["accessToken"]) == (KEY, SECRET)
        found = [one for one in self.sim.integrations(project_id) if one["integrationAuthId"] == auth["id"]]
        assert sorted(one["app"] for one in found) == sorted(playbook.names)
        for one in found:
            assert one["isActive"] is True
            assert (one["secretPath"], one["region"]) == (playbook.secret_path, REGION)
            assert one["environment"]["slug"] == "dev"
            assert one["metadata"]["secretPrefix"] == "P_"

    def _assert_syncs(self, playbook: Playbook, project_id: str) -> None:
        (connection,) = self.sim.connections(project_id)
        keys = {"accessKeyId": KEY, "secretAccessKey": SECRET}
        assert self.sim.stored_connection_credentials(connection["id"]) == keys
        found = self.sim.syncs(project_id)
        assert sorted(one["name"] for one in found) == sorted(playbook.names)
        for one in found:
            assert one["isAutoSyncEnabled"] is True
            assert one["connectionId"] == connection["id"]
            assert one["folder"]["path"] == playbook.secret_path
            assert one["destinationConfig"]["secretName"] == f"my/{one['name']}"
