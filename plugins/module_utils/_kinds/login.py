# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login for many tasks, and its end."""

from __future__ import annotations

from typing import Any

from .._engine.shapes import COUNT, FLAG, TEXT, check_answer, mapping
from .._engine.task import Task
from .._errors import InputError

# What stands under the keys of the result.
LOGIN_KEYS = {
    "login_data": mapping(url=TEXT, access_token=TEXT, check_mode=FLAG, given=FLAG),
    **dict.fromkeys(("expires_in", "access_token_max_ttl"), COUNT),
}


def manage_login(task: Task) -> dict[str, Any]:
    """Carry out a task of infisical_login and return its result. Raises InfisicalError."""
    return _log_out(task) if task.params["state"] == "absent" else _log_in(task)


def _log_in(task: Task) -> dict[str, Any]:
    if task.params.get("login_data") is not None:
        raise InputError("login_data is for state absent; to log in, specify the credentials of a login method.")
    answer = task.client.log_in()
    check_answer(answer, "the login", expiresIn=COUNT, accessTokenMaxTTL=COUNT)
    task.client.keep_token()
    # Later tasks need the very token, and a masked one would be of no use to them.
    task.reveal(answer["accessToken"])
    return {
        "changed": False,
        "login_data": {
            "url": task.client.server.url,
            "access_token": answer["accessToken"],
            "check_mode": task.check_mode,
            "given": task.client.server.credentials.login_path is None,
        },
        "expires_in": answer.get("expiresIn"),
        "access_token_max_ttl": answer.get("accessTokenMaxTTL"),
    }


def _log_out(task: Task) -> dict[str, Any]:
    login_data = task.params.get("login_data")
    if login_data is None:
        raise InputError("state absent ends the login in login_data: pass what infisical_login returned.")
    # A token that was there before the login is its owner's, and other runs may use it.
    if login_data.get("given"):
        return {"changed": False, "login_data": None}
    # The token of a check-mode login is nobody's but this run's, and would outlive it by weeks.
    if task.check_mode and not login_data.get("check_mode"):
        return {"changed": True, "login_data": None}
    return {"changed": task.client.revoke(str(task.client.server.credentials.token)), "login_data": None}
