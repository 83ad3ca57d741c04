# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integration auths: the credentials that native integrations use, and what is particular about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from .._catalog import native as catalog
from .._catalog.names import did_you_mean
from .._catalog.schema import Problem
from .._catalog.services import SERVICES, service
from .._engine.driver import Resource
from .._engine.kind import View
from .._engine.plan import Plan
from .._engine.shapes import NAME, check_answer, list_of, mapping, needed
from .._engine.store import NOBODY
from .._engine.task import Task
from .._engine.values import moment, oldest_first
from .._errors import ConflictError, CreationClosed, InfisicalError, InputError, RouteMissing, clean_name, listed, shown
from .native import AUTH, INTEGRATION

IN_AWS = ("aws-secret-manager", "aws-parameter-store")
OPTIONS_PATH = "/api/v1/integration-auth/integration-options"
# Seconds between the looks at auths that are alike and new: of two runs at once, one is about to remove its own.
PAUSES = (1, 2, 4)
NEW = timedelta(seconds=60)


class Auth(Resource):
    """One integration auth."""

    kind = AUTH

    def read(self) -> None:
        self._given = self._credentials(self.wanted.get("integration") or "")

    def _credentials(self, slug: str) -> dict[str, str]:
        texts = {api: _text(self.params.get(option)) for option, api in AUTH.write_only.items()}
        given = {api: text for api, text in texts.items() if text}
        # A masked number would make every id that holds the same digits unreadable.
        if "accessId" in given and service(slug).public_access_id:
            self.task.reveal(self.params["access_id"])
        return given

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        given = {option: _text(self.params.get(option)) for option in AUTH.write_only}
        return catalog.check_auth(service, self.wanted, given, complete=complete)

    def called(self) -> str:
        return auth_named(self.wanted)

    def alike(self) -> list[dict[str, Any]]:
        if self.wanted["integration"] not in SERVICES:
            refuse_unknown_service(self.task, self.wanted["integration"])
        return auths_like(self.task, self.place(), self.wanted)

    def prepare(self, view: View | None) -> None:
        if view is not None and not self.wanted.get("integration"):
            self._given = self._credentials(view["integration"] or "")

    def credentials(self) -> dict[str, Any]:
        return self._given

    def incomplete(self) -> str:
        if set(self._given) - {"accessId"}:
            return ""
        return (
            f"No integration auth for {self.called()} exists in the project, and no credential is given to create"
            " one: specify access_token (with access_id where the service has one), refresh_token or"
            " aws_assume_iam_role_arn."
        )

    def foresee(self, plan: Plan) -> None:
        refusal = plan.before and _probe(self.task, "PATCH", f"{AUTH.object_path}/{NOBODY}", {}, RouteMissing)
        if refusal:
            raise refusal

    def look_around(self, plan: Plan) -> None:
        # Nothing could ever use a new auth on a server that creates no integrations; without this look a refused run
        # would leave one behind each time.
        if plan.before is None:
            probe_creation(self.task)
        # Credentials are written with a new auth, and with update_credentials.
        writes = plan.before is None or self.params["update_credentials"] == "always"
        if self.params["prove"] and writes and self._given:
            self.more["proof"] = self._proof(str((plan.after or plan.before or {}).get("integration") or ""))

    def _proof(self, slug: str) -> str:
        # Its boto3 takes as long to import as all the rest, and every other task would load it, too.
        from .aws_keys import NOT_PROVED, prove  # noqa: PLC0415

        key_id, secret = self._given.get("accessId"), self._given.get("accessToken")
        if slug not in IN_AWS or not key_id or not secret:
            return f"{NOT_PROVED}only access keys of AWS can be verified before they are stored."
        return prove("access_id", key_id, secret)

    def check_removal(self, views: Sequence[View]) -> None:
        if not views:
            return
        [auth] = views
        integrations = self.task.store.all(INTEGRATION, {"project_id": auth["project_id"]})
        users = oldest_first(item for item in integrations if item["integration_auth_id"] == auth["id"])
        if users and not self.params["cascade"]:
            ids = listed(item["id"] for item in users)
            sentence = f"{len(users)} integration(s) still use integration auth {auth['id']}: {ids}."
            if not self.task.check_mode:
                raise ConflictError(
                    f"{sentence} Removing it would remove them, too: remove them first, or set cascade to true."
                )
            # Earlier tasks of a teardown would have removed them, had they been run.
            self.task.warn(
                f"{sentence} A real run refuses to remove it unless they are gone by then, or cascade is true."
            )
        self.more["removed_integrations"] = [item["id"] for item in users] if self.params["cascade"] else []


def _text(value: Any) -> str:
    # Before ansible-core 2.19, a template that gives JSON hands on what it stands for.
    return json.dumps(value) if isinstance(value, Mapping | list) else str(value or "").strip()


def auths_like(task: Task, where: Mapping[str, str | None], wanted: View) -> list[dict[str, Any]]:
    """Return the auths that are alike in all that tells them apart."""
    store, sought = task.store, AUTH.identity(wanted)
    matches = store.group(AUTH, where, AUTH.identity, sought)
    for pause in PAUSES:
        if len(matches) < 2 or not any(_is_new(view) for view in matches):
            break
        store.client.clock.sleep(pause)
        store.forget(AUTH, where)
        matches = store.group(AUTH, where, AUTH.identity, sought)
    return matches


def _is_new(view: View) -> bool:
    made = moment(view.get("created_at"))
    return made is not None and abs(datetime.now(timezone.utc) - made) < NEW


def auth_named(view: View) -> str:
    """Return how a message names an auth."""
    parts = [clean_name(view.get("integration"), 80)]
    parts.extend(f"{option} {shown(view[option])}" for option in ("target_url", "namespace") if view.get(option))
    return ", ".join(parts)


def refuse_unknown_service(task: Task, slug: str) -> None:
    """Refuse a service that the server doesn't know, as its create would. Endpoint: …/integration-options."""
    answer = task.client.get(OPTIONS_PATH)
    check_answer(answer, f"GET {OPTIONS_PATH}", integrationOptions=needed(list_of(mapping(slug=NAME))))
    known = [row["slug"] for row in answer["integrationOptions"]]
    if slug in known:
        return
    hint = did_you_mean(slug, known or SERVICES)
    raise InputError(f"integration {shown(slug)} is not a service that this server knows.{hint}")


def probe_creation(task: Task) -> None:
    """Raise CreationClosed where the server creates no native integrations any more; asked once a task."""
    body = {"integrationAuthId": NOBODY, "sourceEnvironment": "dev", "isActive": False}
    refusal = task.store.once(
        ("creation",), lambda: _probe(task, "POST", INTEGRATION.create_path, body, CreationClosed)
    )
    if refusal:
        raise refusal


def _probe(task: Task, method: str, path: str, body: View, telling: type[InfisicalError]) -> InfisicalError | None:
    """Learn what only a write tells, by one that names no object and so can't change anything.

    Returns the answer if it is of the type `telling`; any other answer means that nothing stands in the way.
    """
    try:
        task.client.request(method, path, body=body)
    except InfisicalError as error:
        return error if isinstance(error, telling) else None
    return None
