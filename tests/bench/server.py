# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve a simulated server for one measurement, with as many integrations as the argument says, until stdin ends.

Prints one line of values; then, for each line read, the requests so far: what each was for, and when it was answered.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import Simulator


def kind_of(method: str, path: str, status: int) -> str:
    """Name a request of one project after what it is for."""
    if path.endswith("/login"):
        return "login"
    if path.endswith("/token/revoke"):
        return "revoke"
    if method == "GET" and path.endswith(("/integrations", "/authorizations")):
        return "list" if status == 200 else "probe"
    if method == "GET" and "/integration-auth/" in path:
        return "look-up"
    if method == "POST" and path.endswith("/integration"):
        return "create"
    return f"{method} of another kind"


def token_for(sim: Simulator) -> str:
    body = json.dumps({"clientId": sim.admin.client_id, "clientSecret": sim.admin.client_secret}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{sim.url}/api/v1/auth/universal-auth/login", body, {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return json.load(opener.open(request))["accessToken"]


def main() -> None:
    with Simulator(generation="2024", sync_delay=3600) as sim:
        auth = sim.add_auth(sim.project_id, "aws-secret-manager", accessId="any", accessToken="any")
        for number in range(int(sys.argv[1])):
            sim.add_integration(auth["id"], "dev", secretPath="/app", app=f"app-{number}", region="us-east-1")
        values = {
            "url": sim.url,
            "project_id": sim.project_id,
            "auth_id": auth["id"],
            "client_id": sim.admin.client_id,
            "client_secret": sim.admin.client_secret,
            "token": token_for(sim),
        }
        sim.clear_requests()
        print(json.dumps(values), flush=True)
        for _line in sys.stdin:
            answered = [(kind_of(one["method"], one["path"], one["status"]), one["at"]) for one in sim.requests]
            print(json.dumps(answered), flush=True)


if __name__ == "__main__":
    main()
