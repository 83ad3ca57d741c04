# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints of secret syncs."""

from __future__ import annotations

import functools
from typing import Any

from .apps import APPS
from .errors import ApiError, bad_request, internal, not_found
from .routing import Call, Route
from .schema import Field, check_object, custom_issue, refuse, slug_problem, validated
from .state import (
    CONNECTION_SUBJECT,
    SYNC_SUBJECT,
    Environment,
    Project,
    State,
    now_text,
    remove_trailing_slash,
)
from .sync import SOURCE_GONE, SyncQueue, folders_of
from .sync_destinations import (
    DESTINATIONS,
    NEWEST_DESTINATIONS,
    NOT_COMPARED,
    OVERWRITE,
    WILDCARDS,
    Destination,
    no_deletion_problems,
)
from .tokens import Actor

BASE = "/api/v1/secret-syncs"

PROJECT_QUERY = {"projectId": Field(required=True)}
_ID = {"syncId": Field(required=True, uuid=True)}
DELETE_QUERY = {"removeSecrets": Field(choices=("true", "false"), default="false")}
IMPORT_QUERY = {"importBehavior": Field(required=True, choices=("prioritize-source", "prioritize-destination"))}
_NAME = {"shortest": 1, "longest": 256, "check": slug_problem}


def sync_fields(destination: Destination, required: bool, sub_folders: bool = True) -> dict[str, Field]:
    """Return the body of a create (`required`) or of an update; `sub_folders`: whether the server syncs them."""
    config = destination.config
    options = destination.option_fields(required, sub_folders)
    return {
        "name": Field(required=required, **_NAME),  # type: ignore[arg-type]
        **(PROJECT_QUERY if required else {}),
        "description": Field(nullable=True, longest=256, message="Description cannot exceed 256 characters"),
        "connectionId": Field(required=required, uuid=True),
        "environment": Field(required=required, shortest=1, longest=64, check=slug_problem),
        "secretPath": Field(required=required, shortest=1, message="Secret path required", shape=remove_trailing_slash),
        "isAutoSyncEnabled": Field(kind="boolean", default=True if required else None),
        "syncOptions": Field(kind="object", required=required, fields=options),
        "destinationConfig": Field(**{**vars(config), "required": required}),
    }


# The body of a search for duplicates.
DUPLICATE_FIELDS = {
    "destinationConfig": Field(kind="any"),
    "connectionId": Field(uuid=True),
    "excludeSyncId": Field(uuid=True),
    "projectId": Field(required=True, uuid=True),
}


def _same_place(destination: str, one: dict, other: dict) -> bool:
    """Tell whether two configs are duplicates, by the parts of them that a server compares."""
    key, ignored = WILDCARDS.get(destination), NOT_COMPARED.get(destination, ())
    if key and one.get(key) != other.get(key) and "*" not in (one.get(key), other.get(key)):
        return False
    return all(one.get(name) == other.get(name) for name in {**one, **other} if name not in ignored)


def _check_tree(environment: Environment | None, sync: dict) -> None:
    """Refuse a sync of all sub-folders where two of them have a secret of one name."""
    seen: dict[str, str] = {}
    if environment is not None and sync["syncOptions"].get("includeAllSubFolders"):
        for path in folders_of(sync, environment.folders):
            for key in environment.folders[path]:
                if key in seen:
                    raise bad_request(f'Secret "{key}" is in the folders "{path}" and "{seen[key]}"')
                seen[key] = path


class SecretSyncs:
    """Answers for secret syncs; the jobs run in the queue."""

    def __init__(self, state: State, queue: SyncQueue, *, newest: bool) -> None:
        self.state = state
        self.generation = state.generation
        self.queue = queue
        self.destinations = {**DESTINATIONS, **(NEWEST_DESTINATIONS if newest else {})}

    def routes(self) -> list[Route]:
        """Return the routes; each destination has its own, as on real servers."""
        routes = [
            Route("GET", f"{BASE}/options", self.options),
            Route("GET", BASE, functools.partial(self.list_them, None), is_list=True),
        ]
        for destination in self.destinations:
            base = f"{BASE}/{destination}"
            for method, pattern, handler in (
                ("GET", base, self.list_them),
                ("POST", base, self.create),
                ("GET", f"{base}/sync-name/:name", self.get_by_name),
                ("GET", f"{base}/:syncId", self.get),
                ("PATCH", f"{base}/:syncId", self.update),
                ("DELETE", f"{base}/:syncId", self.delete),
                ("POST", f"{base}/:syncId/sync-secrets", self.sync_secrets),
                ("POST", f"{base}/:syncId/import-secrets", self.import_secrets),
                ("POST", f"{base}/:syncId/remove-secrets", self.remove_secrets),
            ):
                is_list = handler == self.list_them
                routes.append(Route(method, pattern, functools.partial(handler, destination), is_list=is_list))
            check = functools.partial(self.check_destination, destination)
            routes.append(Route("POST", f"{base}/check-destination", check, reads=True))
        return routes

    def _answer(self, slug: str, sync: dict) -> dict:
        """Return the answer about a sync; raise the 500 of one that is of another destination of the same app.

        Its config is none of the path's destination: the server fails after it has done what it was asked for.
        """
        if sync["destination"] != slug:
            raise internal()
        return {"secretSync": self.state.shown_sync(sync)}

    # finding and checks

    def _valid(self, value: Any, fields: dict[str, Field]) -> dict:
        return validated(self.generation, value, fields)

    def _project(self, actor: Actor, project_id: str, action: str) -> Project:
        return self.state.project_for(actor, project_id, action, SYNC_SUBJECT)

    def _found(self, slug: str, call: Call, action: str) -> dict:
        sync_id = self._valid(call.params, _ID)["syncId"]
        name = self.destinations[slug].name
        sync = self.state.syncs.get(sync_id.lower())
        if sync is None:
            raise not_found(f'Could not find {name} Sync with ID "{sync_id}"')
        self._project(call.identity(), sync["projectId"], action)
        self._check_app(slug, sync)
        return sync

    def _check_app(self, slug: str, sync: dict) -> None:
        """Raise the 400 of a sync whose app isn't the one of the path's destination."""
        if sync["destination"] != slug and self._app(sync["destination"]) != self._app(slug):
            name = self.destinations[slug].name
            raise bad_request(f'Secret sync with ID "{sync["id"]}" is not configured for {name}')

    def _app(self, slug: str) -> str:
        # Of the newest ones, some have an app that isn't known.
        return self.destinations[slug].app or slug

    def _body(self, destination: Destination, body: Any, stored: dict | None = None) -> dict:
        issues: list[dict] = []
        fields = sync_fields(destination, stored is None, self.generation.syncs_sub_folders)
        valid = check_object(body, fields, [], issues)
        if not issues:
            # Of an update, the server looks at what is sent alone.
            config, options = valid.get("destinationConfig", {}), valid.get("syncOptions", {})
            issues = destination.check(config, options)
            if config.get("mappingBehavior") == "many-to-one" and "syncOptions" not in valid:
                # Servers before September 2026 look into options that an update need not have.
                raise internal()
            if options.get("includeAllSubFolders") and options["initialSyncBehavior"] != OVERWRITE:
                message = (
                    "A sync that includes subfolders cannot also import existing secrets from the destination, because"
                    " there is no single folder to import them into. Turn off subfolders, or set the first sync to"
                    " overwrite the destination."
                )
                issues.append(custom_issue(message, ["syncOptions", "includeAllSubFolders"]))
        refuse(self.generation, issues)
        if "syncOptions" in valid:
            valid["syncOptions"] = destination.stored(valid["syncOptions"], (stored or {}).get("syncOptions", {}))
        return valid

    def _source(self, project: Project, slug: str, path: str) -> Environment:
        try:
            return self.state.find_folder(project, slug, path)
        except ApiError:
            raise bad_request(
                f'Could not find folder with path "{path}" in environment "{slug}" for project with ID "{project.id}"'
            ) from None

    def _check_connection(self, actor: Actor, destination: Destination, connection_id: str, project: Project) -> str:
        found = self.state.connections.get(connection_id.lower())
        if found is None:
            raise not_found(f"Could not find App Connection with ID {connection_id}")
        if found["projectId"] is None:
            self.state.check_org(actor, "connect", CONNECTION_SUBJECT)
        else:
            self.state.project_for(actor, found["projectId"], "connect", CONNECTION_SUBJECT)
        if found["projectId"] not in (None, project.id):
            raise bad_request(f"App Connection with ID {connection_id} is of another project")
        if destination.app and found["app"] != destination.app:
            name, needed = APPS[found["app"]].name, APPS[destination.app].name
            raise bad_request(f"{name} Connection with ID {connection_id} cannot be used to connect to {needed}")
        return found["id"]

    def _check_name(self, name: str, project: Project) -> None:
        if any(sync["name"] == name for sync in self.state.syncs_of(project.id)):
            raise bad_request(
                f'A Secret Sync with the name "{name}" already exists for the project with ID "{project.id}"'
            )

    def _check_idle(self, sync: dict) -> None:
        # Pending jobs don't stand in the way.
        if sync["id"] in self.queue.locked:
            raise bad_request("A job for this sync is already in progress. Please try again shortly.")

    # the endpoints

    def options(self, call: Call) -> dict:
        """GET secret-syncs/options."""
        return {"secretSyncOptions": [self._option(slug, one) for slug, one in self.destinations.items()]}

    def _option(self, slug: str, one: Destination) -> dict:
        option = {
            "name": one.name,
            "connection": one.app,
            "destination": slug,
            "canImportSecrets": one.can_import,
        }
        if self.state.generation.tells_abilities:
            option["canRemoveSecretsOnDeletion"] = one.removes
            option["supportsKeySchema"] = one.takes_key_schema
            option["supportsDisableSecretDeletion"] = one.check is not no_deletion_problems
        return option

    def list_them(self, slug: str | None, call: Call) -> dict:
        """GET secret-syncs and secret-syncs/:destination."""
        project_id = self._valid(call.query, PROJECT_QUERY)["projectId"]
        project = self._project(call.identity(), project_id, "read")
        return {"secretSyncs": [self.state.shown_sync(one) for one in self.state.syncs_of(project.id, slug)]}

    def get(self, slug: str, call: Call) -> dict:
        """GET secret-syncs/:destination/:syncId."""
        return {"secretSync": self.state.shown_sync(self._found(slug, call, "read"))}

    def get_by_name(self, slug: str, call: Call) -> dict:
        """GET secret-syncs/:destination/sync-name/:name."""
        project_id = self._valid(call.query, PROJECT_QUERY)["projectId"]
        project = self._project(call.identity(), project_id, "read")
        for sync in self.state.syncs_of(project.id):
            if sync["name"] == call.params["name"]:
                self._check_app(slug, sync)
                return self._answer(slug, sync)
        raise not_found(f'Could not find {self.destinations[slug].name} Sync with name "{call.params["name"]}"')

    def create(self, slug: str, call: Call) -> dict:
        """POST secret-syncs/:destination."""
        destination, actor = self.destinations[slug], call.identity()
        body = self._body(destination, call.body)
        project = self._project(actor, body.pop("projectId"), "create")
        self.state.restrictions.check_plan(destination.enterprise, "secret sync")
        self.state.restrictions.check_new_sync(project.id, len(self.state.syncs))
        path = body.pop("secretPath")
        environment = self._source(project, body.pop("environment"), path)
        body["connectionId"] = self._check_connection(actor, destination, body["connectionId"], project)
        self.state.restrictions.check_source(project.id, environment.slug, path)
        _check_tree(environment, {**body, "secretPath": path})
        self.state.restrictions.check_duplicate(self._duplicate(slug, body, None))
        self._check_name(body["name"], project)
        sync = self.state.add_sync(project, environment, path, {**body, "destination": slug})
        if sync["isAutoSyncEnabled"]:
            self.queue.queue_sync(sync)
        return self._answer(slug, sync)

    def update(self, slug: str, call: Call) -> dict:
        """PATCH secret-syncs/:destination/:syncId: options and config are replaced whole."""
        destination, actor = self.destinations[slug], call.identity()
        self._valid(call.params, _ID)
        self._valid(call.body, {})
        sync_id = call.params["syncId"]
        stored = self.state.syncs.get(sync_id.lower())
        body = self._body(destination, call.body, stored or {})
        if stored is None:
            raise not_found(f"Could not find {destination.name} Sync with ID {sync_id}")
        sync = self._found(slug, call, "edit")
        project = self.state.projects[sync["projectId"]]
        source = self.state.source_of(sync)
        moved = "environment" in body or "secretPath" in body
        environment = body.pop("environment", source.slug if source else None)
        path = body.pop("secretPath", sync["secretPath"])
        if moved:
            if environment is None or path is None:
                raise bad_request("Must specify both source environment and secret path")
            source = self._source(project, environment, path)
            self.state.restrictions.check_source(project.id, environment, path)
        if "connectionId" in body:
            body["connectionId"] = self._check_connection(actor, destination, body["connectionId"], project)
        if body.get("name", sync["name"]) != sync["name"]:
            self._check_name(body["name"], project)
        _check_tree(source, {**sync, **body, "secretPath": path})
        if "destinationConfig" in body or "connectionId" in body:
            self.state.restrictions.check_duplicate(self._duplicate(slug, {**sync, **body}, sync["id"]))
        if moved:
            self.state.set_source(sync, source, path)
        sync.update(body, version=sync["version"] + 1, updatedAt=now_text())
        if sync["isAutoSyncEnabled"]:
            self.queue.queue_sync(sync)
        return self._answer(slug, sync)

    def delete(self, slug: str, call: Call) -> dict:
        """DELETE secret-syncs/:destination/:syncId."""
        removes = self._valid(call.query, DELETE_QUERY)["removeSecrets"] == "true"
        sync = self._found(slug, call, "delete")
        if removes:
            self._ready(slug, call, "remove-secrets")
            self.queue.queue_sync(sync, "remove", delete_after=True)
        else:
            del self.state.syncs[sync["id"]]
        return self._answer(slug, sync)

    def _ready(self, slug: str, call: Call, action: str) -> dict:
        sync = self._found(slug, call, action)
        if self.state.source_of(sync) is None:
            raise bad_request(SOURCE_GONE)
        self._check_idle(sync)
        return sync

    def sync_secrets(self, slug: str, call: Call) -> dict:
        """POST secret-syncs/:destination/:syncId/sync-secrets."""
        sync = self._ready(slug, call, "sync-secrets")
        self.queue.queue_sync(sync)
        return self._answer(slug, sync)

    def import_secrets(self, slug: str, call: Call) -> dict:
        """POST secret-syncs/:destination/:syncId/import-secrets."""
        behavior = self._valid(call.query, IMPORT_QUERY)["importBehavior"]
        if not self.destinations[slug].can_import:
            raise bad_request(f"{self.destinations[slug].name} does not support importing secrets.")
        sync = self._ready(slug, call, "import-secrets")
        self.queue.queue_sync(sync, "import", behavior=behavior)
        return self._answer(slug, sync)

    def remove_secrets(self, slug: str, call: Call) -> dict:
        """POST secret-syncs/:destination/:syncId/remove-secrets."""
        sync = self._ready(slug, call, "remove-secrets")
        self.queue.queue_sync(sync, "remove")
        return self._answer(slug, sync)

    def check_destination(self, slug: str, call: Call) -> dict:
        """POST secret-syncs/:destination/check-destination: whether a sync of any project writes there already."""
        body = self._valid(call.body, DUPLICATE_FIELDS)
        self._project(call.identity(), body["projectId"], "read")
        found = self._duplicate(slug, body, body.get("excludeSyncId"))
        return {"hasDuplicate": True, "duplicateProjectId": found["projectId"]} if found else {"hasDuplicate": False}

    def _duplicate(self, slug: str, asked: dict, but: str | None) -> dict | None:
        """Return a sync that writes where `asked` does; what isn't a config of the destination is nowhere."""
        wanted = asked.get("destinationConfig")
        if not isinstance(wanted, dict):
            return None
        for sync in self.state.syncs.values():
            if (
                sync["destination"] == slug
                and sync["id"] != but
                and asked.get("connectionId") in (None, sync["connectionId"])
                and _same_place(slug, sync["destinationConfig"], wanted)
            ):
                return sync
        return None
