# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks start, wait for and say, in a few of the states that the unit tests try, with each pair of states."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible_collections.community.infisical.tests.unit.plugins.outcomes import FEW, UNDER_WAY, Case, Seen, said

from simulator import Simulator

from .harness import AWS_KEY, AWS_SECRET, REGION, Player, Result

REASON = "The security token included in the request is invalid."


class World:
    """A server with one project and one object for each case.

    A job that is under way ends only after the last answer that its task gets before it waits.
    """

    def __init__(self, sim: Simulator, cases: list[Case]) -> None:
        self.sim = sim
        self.objects: dict[Case, dict[str, Any]] = {}
        self.under_way: dict[str, Case] = {}
        self.looks = Counter[str]()
        for number, case in enumerate(cases):
            project = sim.add_project(f"project-{number}")
            sim.set_secret(project, "dev", "/app", "KEY", "value")
            self.objects[case] = made = self._made(project, AWS_SECRET if case.ends else "wrong-secret", case)
            if case.last in UNDER_WAY:
                self.under_way[made["id"]] = case
        sim.wait_idle()
        sim.clear_requests()
        sim.rewrite_answers(self._looked)

    def _made(self, project: str, secret: str, case: Case) -> dict[str, Any]:
        if case.native:
            auth = self.sim.add_auth(project, "aws-secret-manager", accessId=AWS_KEY, accessToken=secret)
            fields = {"app": "my-app/dev", "region": REGION, "secretPath": "/app", **case.shows}
            return {**self.sim.add_integration(auth["id"], "dev", **fields), "projectId": project}
        keys = {"accessKeyId": AWS_KEY, "secretAccessKey": secret}
        connection = self.sim.add_connection("aws", "access-key", "aws", project, **keys)
        config = {"region": REGION, "mappingBehavior": "many-to-one", "secretName": "my-app/dev"}
        fields = {"name": "app-dev", "projectId": project, "secretPath": "/app", "destinationConfig": config}
        return self.sim.add_sync("aws-secrets-manager", connection["id"], "dev", **fields, **case.shows)

    def _looked(self, _path: str, answer: Any) -> Any:
        shown = json.dumps(answer)
        for object_id, case in list(self.under_way.items()):
            self.looks[object_id] += object_id in shown
            # The change of an active one starts a job by itself.
            if self.looks[object_id] > (case.change and not case.active and not case.check):
                del self.under_way[object_id]
                if case.last == "ended while pending":
                    self.sim.end_before_pending()
                self.sim.start_job(object_id)
        return answer

    def seen(self, case: Case, result: Result) -> Seen:
        """Return what the task of a case did."""
        made = self.objects[case]
        sent = [one for one in self.sim.requests if one["status"] == 200 and made["id"] in one["path"]]
        changes = [one for one in sent if {"owner", "description"} & set(one["body"] or {})]
        starts = [one for one in sent if one["method"] in ("PATCH", "POST") and one not in changes]
        return Seen(
            len(starts),
            len(changes),
            # The list is the first look; what is waited for is looked at by itself.
            any(one["method"] == "GET" for one in sent),
            result.changed,
            result.status == "failed",
            said(result.values.get("warnings", [])),
        )


def tasks(world: World) -> Iterator[dict[str, Any]]:
    for case, made in world.objects.items():
        yield {
            "name": str(case),
            f"community.infisical.{case.module_name}": case.options(made["projectId"]),
            "check_mode": case.check,
            "ignore_errors": True,
        }


def test_what_tasks_start_wait_for_and_say(play: Player, sim: Simulator, generation: str) -> None:
    world = World(sim, [case for case in FEW if case.generation == generation])
    book = [{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks(world))}]
    run = play(f"{json.dumps(book)}\n", warnings=None)
    results = dict(zip(world.objects, run.results, strict=True))
    seen = {str(case): world.seen(case, result) for case, result in results.items()}
    assert seen == {str(case): case.wanted for case in world.objects}
    failed = [result.values for result in run.results if result.status == "failed"]
    assert failed
    assert [values["msg"] for values in failed if f"failed: {REASON}" not in values["msg"]] == []
    assert {values["error_kind"] for values in failed} <= {"sync_failed", "some_failed"}
