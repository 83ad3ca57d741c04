# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials that the server itself changes: those that it takes over, and those that it rotates."""

from __future__ import annotations

import secrets

from .apps import AppType
from .errors import bad_request
from .schema import Field, custom_issue

NEXT = "2026-04-01T02:30:00.000Z"


def _number(least: int, most: int, *, required: bool) -> Field:
    return Field(kind="number", shortest=least, longest=most, required=required)


def rotation_fields(app: AppType, *, required: bool) -> dict[str, Field]:
    """Return what bodies may have of a rotation: of a create (`required`) the whole schedule."""
    if not app.rotates:
        return {}
    time = {"hours": _number(0, 23, required=True), "minutes": _number(0, 59, required=True)}
    schedule = {
        "rotationInterval": _number(1, 365, required=required),
        "rotateAtUtc": Field(kind="object", fields=time, required=required),
    }
    return {"isAutoRotationEnabled": Field(kind="boolean"), "rotation": Field(kind="object", fields=schedule)}


def schedule_issues(body: dict) -> list[dict]:
    """Return what is wrong with the body of a create beyond its fields."""
    if not body.get("isAutoRotationEnabled") or body.get("rotation"):
        return []
    return [custom_issue("Rotation details is required when auto rotation is enabled", ["rotation"])]


def check_takeover(connection: dict, body: dict) -> None:
    """Refuse the update of a connection whose credentials the server manages, or is to manage without having them."""
    flag = body.get("isPlatformManagedCredentials")
    if connection["isPlatformManagedCredentials"] and (flag is False or "credentials" in body):
        raise bad_request("Cannot update credentials or management status for platform managed connections")
    if flag and "credentials" not in body:
        raise bad_request("Credentials required to transition to platform managed credentials")


def take_over(credentials: dict) -> dict:
    """Return credentials with a password that only the server knows."""
    return {**credentials, "password": secrets.token_hex(8)}


def start(connection: dict, schedule: dict, credentials: dict) -> dict:
    """Rotate the credentials of a connection for the first time, and return what is stored of them then."""
    if connection["method"] != "client-secret":
        told = f"{connection['app']} connections with {connection['method']} method"
        raise bad_request(f"Credential rotation is not supported for {told}")
    if not credentials.get("clientSecretKeyId"):
        raise bad_request("Client Secret Key ID is required when enabling credential rotation.")
    if not schedule.get("rotationInterval") or not schedule.get("rotateAtUtc"):
        raise bad_request("Rotation interval and schedule are required when enabling rotation")
    connection["rotation"] = {
        **schedule,
        "rotationStatus": "success",
        "lastRotationMessage": None,
        "nextRotationAt": NEXT,
    }
    connection["isAutoRotationEnabled"] = True
    return {**credentials, "clientSecret": secrets.token_hex(8)}


def update(connection: dict, body: dict, *, has_credentials: bool) -> None:
    """Change the rotation of a connection that has one, as a server does that is sent `body`."""
    enabled = body.get("isAutoRotationEnabled")
    # New credentials stop a rotation, and start it again unless the body says otherwise.
    enabled = True if enabled is None and has_credentials else enabled
    rotation = connection["rotation"]
    if enabled is False:
        rotation["nextRotationAt"] = None
    else:
        rotation.update(body.get("rotation") or {})
    if enabled:
        rotation["nextRotationAt"] = NEXT
    if enabled is not None:
        connection["isAutoRotationEnabled"] = enabled
