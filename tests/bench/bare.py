# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create integrations as a script would that knows nothing but requests: log in, post side by side, log out."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import requests


def main() -> None:
    count, concurrency = int(sys.argv[1]), int(sys.argv[2])
    url = os.environ["BARE_URL"] + "/api/v1"
    session = requests.Session()
    session.trust_env = False
    credentials = {"clientId": os.environ["BARE_CLIENT_ID"], "clientSecret": os.environ["BARE_CLIENT_SECRET"]}
    token = session.post(f"{url}/auth/universal-auth/login", json=credentials, timeout=30).json()["accessToken"]
    session.headers["Authorization"] = f"Bearer {token}"

    def create(number: int) -> None:
        body = {
            "integrationAuthId": os.environ["BARE_AUTH_ID"],
            "sourceEnvironment": "dev",
            "secretPath": "/app",
            "app": f"app-{number}",
            "region": "us-east-1",
            "isActive": True,
        }
        session.post(f"{url}/integration", json=body, timeout=30).raise_for_status()

    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(create, range(count)))
    session.post(f"{url}/auth/token/revoke", json={"accessToken": token}, timeout=30)


if __name__ == "__main__":
    main()
