# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Native integrations: which folder goes to which destination, and what is particular about them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._catalog import native as catalog
from .._catalog.schema import Problem
from .._catalog.services import COMMON_METADATA, SERVICES, service
from .._engine.activation import UNLESS_EMPTY, refuse_empty_source
from .._engine.driver import Resource, known
from .._engine.kind import View
from .._engine.plan import Plan, patch_body, planned_id, stated
from .._engine.project import find_source, name_source
from .._engine.refusals import ambiguous
from .._engine.store import if_readable
from .._engine.task import PRESUMED, Task, is_planned
from .._engine.values import checked_id, checked_uuid, comparable_path, is_placeholder, mark_of, oldest_first
from .._errors import ConflictError, InfisicalError, InputError, ServerError, clean_name, listed
from . import last_of_auth
from .integration_auth import auth_named, auths_like, probe_creation, refuse_unknown_service
from .native import AUTH, INTEGRATION


@dataclass(frozen=True)
class AuthRef:
    """The auth that an integration belongs to, as far as the options tell; `missing` where it does not exist (yet)."""

    id: str
    project_id: str | None
    service: str | None
    missing: bool = False


class Integration(Resource):
    """One native integration. `auth` is known once it was looked for by other options than its id."""

    kind = INTEGRATION
    items_option = "integrations"
    scope_options = ("integration", "integration_auth_id", "source_environment", "secret_path")
    purge_warning = (
        "{count} native integrations are purged; servers that don't create new ones can't create them again."
    )
    taking = staticmethod(last_of_auth.taking)
    went_along = staticmethod(last_of_auth.went_along)
    auth: AuthRef | None = None

    @staticmethod
    def named(params: View) -> str:
        if params.get("integration_id"):
            return str(params["integration_id"])
        wanted = stated(INTEGRATION, params)
        slug = wanted.get("integration") or ""
        who = [slug, params.get("integration_auth_id"), params.get("auth_namespace"), params.get("auth_target_url")]
        where = [str(value) for _option, value in catalog.destination(slug, wanted) if value]
        source = f"{wanted.get('source_environment')}:{comparable_path(wanted.get('secret_path') or '/')}"
        return f"{' '.join(str(part) for part in who if part)} {source} -> {' '.join(where) or '(no destination)'}"

    def check(self) -> None:
        params, wanted = self.params, self.wanted
        if wanted.get("source_environment") == "":
            raise InputError("source_environment is empty: specify the slug of the environment, such as dev.")
        if params.get("integration_id"):
            return
        if "source_environment" not in wanted:
            raise InputError("source_environment is missing: specify it, or name the integration by integration_id.")
        project = params.get("project_id") or params.get("project_slug")
        if not params.get("integration_auth_id") and not (project and self._service):
            raise InputError(
                "To identify the integration, specify integration_auth_id, or project_id and integration, or"
                " integration_id."
            )

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        return catalog.check_integration(service, self.wanted, complete=complete)

    @property
    def _service(self) -> str:
        return (self.params.get("integration") or "").strip()

    @property
    def _project_id(self) -> str | None:
        return checked_id("project_id", self.params["project_id"]) if self.params.get("project_id") else None

    def place(self) -> dict[str, Any]:
        return {"project_id": self.auth.project_id if self.auth else self._project_id}

    def alike(self) -> list[dict[str, Any]]:
        store = self.task.store
        self.wanted.setdefault("secret_path", "/")
        self.auth = self._auth_ref()
        self.wanted["integration_auth_id"] = self.auth.id
        if self.auth.service:
            self.wanted["integration"] = self.auth.service
        if self.auth.missing:
            return []
        siblings = store.group(INTEGRATION, self.place(), _by_auth, self.auth.id)
        if siblings and not self.auth.service:
            self.auth = AuthRef(self.auth.id, self.auth.project_id, siblings[0]["integration"])
            self._check_service(self.auth)
            self.wanted["integration"] = self.auth.service
        return super().alike() if siblings else []

    def _auth_ref(self) -> AuthRef:
        params, project_id, slug = self.params, self._project_id, self._service or None
        if params.get("integration_auth_id"):
            auth_id = checked_uuid("integration_auth_id", params["integration_auth_id"])
            if is_planned(self.task, "integration_auth_id", auth_id):
                return AuthRef(auth_id, project_id, slug or mark_of(auth_id, SERVICES), missing=True)
            if project_id:
                # No look-up: the list shows the auth's integrations. Before a create it is looked up after all.
                return AuthRef(auth_id, project_id, None)
            return self._looked_up(auth_id, None)
        sought = {
            "integration": slug,
            "target_url": params.get("auth_target_url"),
            "namespace": params.get("auth_namespace"),
        }
        matches = auths_like(self.task, {"project_id": project_id}, sought)
        if len(matches) > 1:
            raise ConflictError(ambiguous(AUTH, auth_named(sought), matches))
        if matches:
            return AuthRef(matches[0]["id"], project_id, slug)
        if not self.absent:
            self._miss_auth(sought)
        return AuthRef(
            planned_id(AUTH, {"project_id": project_id, "integration": slug}, sought), project_id, slug, missing=True
        )

    def _miss_auth(self, sought: View) -> None:
        """Refuse to go on without an auth; in check mode only warn, as an earlier task may be about to make it."""
        if self._service not in SERVICES:
            refuse_unknown_service(self.task, self._service)
        auths = self.task.store.all(AUTH, self.place())
        named, same_service = auth_named(sought), [auth for auth in auths if auth["integration"] == self._service]
        there = listed((f"{auth_named(auth)} ({auth['id']})" for auth in oldest_first(same_service)), "; ")
        hint = f" The project has {there}: specify auth_namespace or auth_target_url to select one." if there else ""
        if not self.task.check_mode:
            raise InputError(
                f"The project has no integration auth for {named}: create it with infisical_integration_auth"
                f" first.{hint}"
            )
        self.task.warn(f"The project has no integration auth for {named} yet; {PRESUMED}.{hint}")

    def _looked_up(self, auth_id: str, project_id: str | None) -> AuthRef:
        view = self._auth_of(auth_id)
        if view is None and self.absent:
            return AuthRef(auth_id, project_id, None, missing=True)
        if view is None:
            raise InputError(
                f"There is no integration auth with the ID {auth_id}: it was deleted, or is on another server. Create"
                " one with infisical_integration_auth."
            )
        if project_id and view["project_id"] != project_id:
            raise InputError(
                f"Integration auth {auth_id} belongs to project {view['project_id']}, not to project_id {project_id}."
            )
        ref = AuthRef(auth_id, view["project_id"], view["integration"])
        self._check_service(ref)
        return ref

    def _auth_of(self, auth_id: str) -> dict[str, Any] | None:
        store = self.task.store
        found: dict[str, Any] | None = store.once(("auth", auth_id), lambda: store.find(AUTH, auth_id))
        return found

    def _check_service(self, auth: AuthRef) -> None:
        if self._service and self._service != auth.service:
            raise InputError(
                f"integration is {self._service!r}, but integration auth {auth.id} is for"
                f" {clean_name(auth.service, 80)}: remove one of them."
            )

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        store, place = self.task.store, self.place()
        if self.absent and place["project_id"]:
            # The list tells that it is in that project; the object alone doesn't, and a wrong one would be gone.
            store.all(INTEGRATION, place)
        known = store.listed(INTEGRATION, place)
        if known is not None:
            return known.get(object_id)
        view = store.find(INTEGRATION, object_id, place)
        if view and not place["project_id"]:
            view["project_id"] = (self._auth_of(view["integration_auth_id"]) or {}).get("project_id")
        return view

    def related(self, view: View) -> dict[str, tuple[Any, Any]]:
        options = {"auth_namespace": "namespace", "auth_target_url": "target_url"}
        if all(self.params.get(option) is None for option in options):
            return {}
        auth_id, place = view["integration_auth_id"], self.place()
        if place["project_id"]:
            auth = next((auth for auth in self.task.store.all(AUTH, place) if auth["id"] == auth_id), None)
        else:
            auth = self._auth_of(auth_id)
        return {option: (self.params.get(option), (auth or {}).get(key)) for option, key in options.items()}

    def consult(self) -> None:
        if self.params["activate"] == UNLESS_EMPTY and not self.absent:
            refuse_empty_source(self, known(self), "source_environment")

    def complete(self) -> None:
        auth = self.auth
        if auth and not auth.missing and not auth.service:
            # An auth of another project would never show in this project's list, and each run would create one more.
            self.auth = auth = self._looked_up(auth.id, auth.project_id)
            self.wanted["integration"] = auth.service
        keeping = catalog.keeping(str(self.wanted.get("integration") or ""))
        if keeping:
            self.wanted["metadata"] = {**keeping, **(self.wanted.get("metadata") or {})}

    def fitted(self, view: View) -> tuple[dict[str, Any], View]:
        default_scope = service(view["integration"]).default_scope
        if (self.wanted.get("scope") or default_scope) == (view.get("scope") or default_scope):
            # The service takes an unset scope for the default one, and the server can change neither.
            return {option: value for option, value in self.wanted.items() if option != "scope"}, view
        return self.wanted, view

    def foresee(self, plan: Plan) -> None:
        if plan.before is None:
            probe_creation(self.task)
        super().foresee(plan)

    def find_reason(self, plan: Plan) -> None:
        find_source(self.task, plan, "source_environment")

    def name_what_is_missing(self, refusal: ServerError, plan: Plan) -> InfisicalError:
        return name_source(refusal, plan, "source_environment")

    def look_around(self, plan: Plan) -> None:
        if plan.changes:
            self._warn_of_deletion(plan.action, plan.after or {})
        self._warn_of_rivals(plan.after or {})
        if plan.before:
            self.confirm(self.task, [plan.before])

    def _warn_of_deletion(self, action: str, view: View) -> None:
        """Warn once a task and service of what an integration deletes at its destination, where that is new."""
        if self.params["accept_deletion"]:
            return
        slug, given = str(view.get("integration") or ""), self.wanted.get("metadata") or {}
        warnings = [catalog.everything_warning(slug, view)]
        if action == "create":
            warnings.append(catalog.deletion_warning(slug, view, given))
        self.task.notices.update(filter(None, warnings))

    def _warn_of_rivals(self, after: View) -> None:
        """Warn where another active integration writes to the same place from another source."""
        if not after["is_active"] or not after.get("project_id") or is_placeholder(after["integration_auth_id"]):
            return
        place, destination = {"project_id": after["project_id"]}, _by_destination(after)
        others = [
            view
            for view in self.task.store.group(INTEGRATION, place, _by_destination, destination)
            if view["is_active"]
            and view["id"] not in self.doomed | {after["id"]}
            and _work(view) != _work(after)
            and not (_shares(view) and _shares(after))
        ]
        if others:
            named = listed(f"{view['id']} (from {view['source_environment']}:{view['secret_path']})" for view in others)
            self.task.warn(
                f"Another active integration writes to the same destination: {named}. Each overwrites what the other"
                " wrote; deactivate or remove the one that is not intended."
            )

    def take_over(self, views: Sequence[View]) -> None:
        self.confirm(self.task, views)
        if any(view["is_active"] for view in views):
            # The one that stays takes over the work of those that go.
            self.wanted.setdefault("is_active", True)

    def check_removal(self, views: Sequence[View]) -> None:
        auth = None if self.auth and self.auth.missing else self.auth
        if not (views or auth):
            return
        slug = views[0]["integration"] if views else (auth and auth.service) or self._service
        if self.params["delete_destination_secrets"] and slug and not service(slug).can_delete_secrets:
            raise InputError(
                f"delete_destination_secrets works for GitHub only; the server can't delete what {clean_name(slug, 80)}"
                " holds. Leave it out, and remove the secrets at the destination with the destination's own tools."
            )
        self.confirm(self.task, views)

    def writes_to(self, view: View) -> Hashable:
        slug, auth_id = view.get("integration"), self.wanted.get("integration_auth_id")
        if not slug and auth_id:
            slug = (if_readable(lambda: self._auth_of(auth_id)) or {}).get("integration")
        # Elsewhere, no removal deletes what was written.
        deletes = slug and service(slug).can_delete_secrets
        return _by_destination({**view, "integration": slug, "integration_auth_id": ""}) if deletes else None

    def removal_query(self) -> dict[str, str] | None:
        return {"shouldDeleteIntegrationSecrets": "true"} if self.params["delete_destination_secrets"] else None

    @staticmethod
    def confirm(task: Task, views: Sequence[View]) -> None:
        """Refuse to change or remove integrations whose auth is not one of the task's project. Raises ConflictError.

        Integrations don't tell their project, so that a wrong answer would not show in them.
        """
        views = [view for view in views if not is_placeholder(view["id"])]
        if not views or not task.params.get("project_id"):
            return
        place = {"project_id": checked_id("project_id", task.params["project_id"])}
        strangers = _strangers(task, place, views)
        if strangers:
            # Another run may have made the auth since the list was read.
            task.store.forget(AUTH, place)
            strangers = _strangers(task, place, views)
        if strangers:
            named = listed(f"{view['id']} (integration auth {view['integration_auth_id']})" for view in strangers)
            raise ConflictError(
                f"The project {task.params['project_id']} has none of the integration auths of these integrations, so"
                f" they belong to another project: {named}. Nothing was changed or removed. Check project_id, and that"
                " no proxy between here and the server caches responses."
            )

    def created(self, view: View) -> None:
        # The server may not have kept what it was sent.
        self._warn_of_deletion("create", view)

    def served(self, view: View) -> tuple[Any, ...]:
        # An update starts one job, which syncs all that is active in the folder.
        return (view["source_environment"], comparable_path(view["secret_path"]))

    def start_sync(self, view: View) -> dict[str, Any]:
        # The manual trigger writes the destination but, for a machine identity, stores no outcome; an update without
        # changes starts a sync whose outcome can be waited for.
        return self.task.store.patch(INTEGRATION, view, patch_body(INTEGRATION, view, {}))


def _by_auth(view: View) -> str:
    return str(view["integration_auth_id"])


def _by_destination(view: View) -> tuple[Any, ...]:
    slug = str(view.get("integration") or "")
    place = catalog.destination(slug, view)
    if service(slug).worldwide:
        return (slug, tuple((name, str(value).lower()) for name, value in place))
    return (view["integration_auth_id"], place, service(slug).place_of(view.get("source_environment")))


def _work(view: View) -> tuple[Any, ...]:
    """Return what is written: two integrations that write the same to the same place (duplicates) do no harm."""
    metadata = view.get("metadata") or {}
    names = tuple(metadata.get(key) or "" for key in COMMON_METADATA)
    return (view.get("source_environment"), comparable_path(view.get("secret_path")), names)


def _shares(view: View) -> bool:
    shared = service(str(view.get("integration") or "")).shares_destination
    return shared is not None and (view.get("metadata") or {}).get(shared[0]) == shared[1]


def _strangers(task: Task, place: Mapping[str, str | None], views: Sequence[View]) -> list[View]:
    known = {auth["id"] for auth in task.store.all(AUTH, place)}
    return [view for view in views if view["integration_auth_id"] not in known]
