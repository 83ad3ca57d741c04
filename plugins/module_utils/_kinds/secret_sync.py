# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret Syncs: which folder goes to which destination, and what is particular about them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .._catalog import syncs as catalog
from .._catalog.abilities import ABILITIES, disagreements, needs, refusals, told_by, with_abilities
from .._catalog.destinations import DESTINATIONS, OVERWRITE, Destination
from .._catalog.names import did_you_mean
from .._catalog.schema import Problem
from .._engine.activation import UNLESS_EMPTY, refuse_empty_source
from .._engine.driver import Resource, find, known
from .._engine.kind import Outcome, View
from .._engine.plan import Plan, patch_body, planned_id, sendable
from .._engine.project import find_source, name_source
from .._engine.shapes import FLAG, NAME, check_answer, list_of, mapping, needed
from .._engine.store import if_readable
from .._engine.task import PRESUMED, is_planned
from .._engine.values import checked_length, checked_name, is_placeholder
from .._engine.waiting import Job
from .._errors import ConflictError, InfisicalError, InputError, RouteMissing, ServerError, shown
from .app_connection import CONNECTION, find_by_name
from .app_connection import place as connections_of
from .sync import FREE_FORM, IMPORTED, REMOVED, SYNC
from .sync_duplicates import items_to_one_place, look_for_duplicates, writes_to

# The server's own default deletes at the destination what it doesn't know.
FIRST_OPTIONS = {"initial_sync_behavior": OVERWRITE, "disable_secret_deletion": True}


def _unknown_destination(destination: str, known: Iterable[str]) -> InputError:
    hint = did_you_mean(destination, known)
    return InputError(f"destination {shown(destination)} is not supported by this server.{hint}")


class Sync(Resource):
    """One secret sync."""

    kind = SYNC
    starts_inactive = True
    items_option = "syncs"
    # The server may refuse a second sync to the place of one that is about to go.
    removals_first = True
    scope_options = ("name", "destination", "environment", "secret_path")
    # Settings that a task sends again, for all that is known of them.
    _again: Mapping[str, Any] = MappingProxyType({})
    # What the server itself says that the destination can do, once it was asked.
    told: Mapping[str, bool] | None = None

    @staticmethod
    def named(params: View) -> str:
        return (params.get("name") or "").strip() or str(params.get("sync_id")).strip().lower()

    def read(self) -> None:
        given = [self.wanted.get(option) or {} for option in FREE_FORM]
        coerced = catalog.coerced(self.wanted.get("destination") or "", *given)
        for option, value in zip(FREE_FORM, coerced, strict=True):
            if option in self.wanted:
                self.wanted[option] = value
        self.deletion_setting = (self.wanted.get("sync_options") or {}).get("disable_secret_deletion")

    def problems(self, service: str, *, complete: bool) -> list[Problem]:
        given = [self.wanted.get(option) or {} for option in FREE_FORM]
        entry = self.entry(service)
        found = catalog.import_problems(entry) if self.params["import_secrets"] else []
        if not service:
            return found
        where = self.wanted.get("environment")
        return [*catalog.check_sync(service, *given, complete=complete, entry=entry, environment=where), *found]

    def entry(self, slug: str) -> Destination | None:
        """Return what is known of a destination. What the server is to tell can't be wrong before it has told."""
        entry = DESTINATIONS.get(slug)
        if entry is None or not self.params["consult_options"]:
            return entry
        return with_abilities(entry, dict.fromkeys(ABILITIES, True) if self.told is None else self.told)

    def by_id(self, object_id: str) -> dict[str, Any] | None:
        views = self.task.store.all(SYNC, self.place())
        return next((view for view in views if view["id"] == object_id), None)

    def related(self, view: View) -> dict[str, tuple[Any, Any]]:
        return {"connection_name": (self.params.get("connection_name"), (view["connection"] or {}).get("name"))}

    def prepare(self, view: View | None) -> None:
        if view is not None:
            self.wanted = self.fitted(view)[0]
            self._warn_if_unheeded(str(view["destination"]))
            self._again = self._sent_again(view)

    def _sent_again(self, view: View) -> dict[str, Any]:
        """Return the part of an update for settings that no answer has: whether they differ is not known."""
        given = self.wanted.get("sync_options") or {}
        if not (self.params["sync"] and catalog.ONLY_SENT & set(given)):
            return {}
        have = sendable(SYNC.field_named("sync_options"), view["sync_options"] or {})
        return patch_body(SYNC, view, {"sync_options": {**have, **given}})

    def credentials(self) -> dict[str, Any]:
        return dict(self._again)

    def rewrites(self, changes: View) -> bool:
        return bool(self._again) and "sync_options" not in changes

    def look_up(self, view: View | None) -> None:
        destination = str(self.wanted.get("destination") or (view or {}).get("destination") or "")
        connection = self._connection_id(destination, view)
        if connection:
            self.wanted["connection_id"] = connection

    def _connection_id(self, destination: str, view: View | None) -> str | None:
        """Return the id of the connection that the options name, or None where they name none."""
        if self.wanted.get("connection_id"):
            is_planned(self.task, "connection_id", self.wanted["connection_id"])
            return str(self.wanted["connection_id"])
        name = (self.params.get("connection_name") or "").strip()
        if not name:
            return None
        current = (view or {}).get("connection") or {}
        if current.get("name") == name:
            return str(current.get("id"))
        if not destination:
            return None
        entry = DESTINATIONS.get(destination)
        # Of some destinations it isn't known whose connections they take.
        app = (entry.app if entry else "") or str(current.get("app") or destination)
        try:
            found = find_by_name(self.task.store, app, name, self.wanted["project_id"])
        except RouteMissing:
            self._refuse_unknown(destination)
            raise
        if found:
            return str(found["id"])
        if not self.task.check_mode:
            raise InputError(
                f"There is no {app} connection called {name!r}, in the project or in its organization: create it with"
                " infisical_app_connection first, or check that the identity may use it."
            )
        self.task.warn(f"There is no {app} connection called {name!r} yet; {PRESUMED}.")
        place = connections_of(app, self.wanted["project_id"])
        return planned_id(CONNECTION, place, {**place, "name": name})

    def _offered(self) -> dict[str, Mapping[str, Any]]:
        """Return what the server itself says that it has, by destination. Endpoint: GET …/secret-syncs/options."""
        store, path = self.task.store, "/api/v1/secret-syncs/options"
        answer = store.once((path,), lambda: store.client.get(path))
        rows = list_of(mapping(destination=NAME, **dict.fromkeys(ABILITIES, FLAG)))
        check_answer(answer, f"GET {path}", secretSyncOptions=needed(rows))
        return {row["destination"]: row for row in answer["secretSyncOptions"]}

    def consult(self) -> None:
        if self.params["activate"] == UNLESS_EMPTY and not self.absent:
            settings = self.wanted.get("sync_options") or {}
            recursive = settings.get("include_all_sub_folders") is True
            refuse_empty_source(self, known(self), "environment", recursive=recursive)
        if not self.params["consult_options"]:
            return
        found: list[dict[str, Any]] = []
        # Its own turn tells.
        with suppress(InputError, ConflictError):
            found = find(self)
        removes = bool(self.absent and found and self.params["delete_destination_secrets"])
        slug = str(self.wanted.get("destination") or (found[0]["destination"] if found else "") or "")
        if slug and (removes or not self.absent):
            self._compare(slug, creates=not found, removes=removes)

    def _compare(self, slug: str, *, creates: bool, removes: bool) -> None:
        """Compare what the task needs of a destination with what the server itself says of it."""
        known = self._offered()
        if slug not in known and not removes:
            raise _unknown_destination(slug, known)
        self.told = told_by(known.get(slug, {}))
        options = {} if removes else self.wanted.get("sync_options") or {}
        imports = bool(self.params["import_secrets"] and not removes)
        needed = list(needs(options, imports=imports, creates=creates, removes=removes))
        if slug in DESTINATIONS:
            self.task.notices.update(disagreements(DESTINATIONS[slug], self.told, needed))
        refused = list(refusals(slug, self.told, needed))
        if refused:
            raise InputError(" ".join(refused))
        if self.wanted.get("destination") and not removes:
            # What the server didn't tell counts as the catalogue has it.
            self.report(slug)

    def lacking(self) -> list[str]:
        named = self.wanted.get("connection_id") or (self.params.get("connection_name") or "").strip()
        return [*super().lacking(), *([] if named else ["connection_id or connection_name"])]

    @staticmethod
    def _check_limits(changes: View) -> None:
        if "environment" in changes:
            # Old projects have environments that native integrations can read and syncs can't.
            checked_name("environment", changes["environment"], 64)
        checked_length("description", changes.get("description") or "", 256)

    def complete(self) -> None:
        self._check_limits(self.wanted)
        self.wanted["sync_options"] = self._first_options()

    def check_changes(self, plan: Plan) -> None:
        self._check_limits(plan.changes)
        before, after = plan.before or {}, plan.after or {}
        slug = str(before.get("destination") or "")
        entry = DESTINATIONS.get(slug)
        moved = {"connection_id", "environment", "secret_path", "destination_config"} & set(plan.changes)
        if moved and entry and not entry.heeds_deletion_setting and self.deletion_setting is None:
            raise InputError(_must_be_specified(entry))
        # Of a planned sync it is not known what else it will have.
        if slug and {*FREE_FORM, "environment"} & set(plan.changes) and not is_placeholder(str(before.get("id"))):
            # What the change leaves as it was is not its fault.
            had, has = (self._merged_problems(slug, view) for view in (before, after))
            found = [problem for problem in has if problem not in had]
            if "destination_config" not in plan.changes:
                # The server does not see it then, and lets pass what it refuses of a new sync.
                seen = self._merged_problems(slug, {**after, "destination_config": {}})
                found = [problem if problem in seen else replace(problem, certain=False) for problem in found]
            self.tell(found)
        self._refuse_other_place(entry, before, after)

    def _refuse_other_place(self, entry: Destination | None, before: View, after: View) -> None:
        """Refuse an empty text for what says where secrets go: often a variable that is not set. Raises InputError."""
        given, config = ((view.get("destination_config") or {}) for view in (self.wanted, before))
        if not entry or not given:
            return
        scope = (after["destination_config"] or {}).get("scope") or entry.default_scope
        filled = catalog.FILLED_IN.get(entry.slug, {})
        for spec in entry.fields_for(scope):
            empty = isinstance(given.get(spec.name), str) and not given[spec.name].strip()
            if empty and config.get(spec.name) and spec.locates and not spec.may_be_empty and spec.name not in filled:
                raise InputError(
                    f"destination_config.{spec.name} is empty: the sync would no longer write to"
                    f" {shown(config[spec.name])} only. To write elsewhere, remove the sync and create another one."
                )

    def _merged_problems(self, slug: str, view: View) -> list[Problem]:
        given = [view[option] or {} for option in FREE_FORM]
        return catalog.check_sync(slug, *given, entry=self.entry(slug), environment=view.get("environment"))

    def _warn_if_unheeded(self, slug: str) -> None:
        entry = DESTINATIONS.get(slug)
        if entry and not entry.heeds_deletion_setting and self.deletion_setting is not False:
            self.task.notices.add(catalog.unheeded_warning(entry))

    def _first_options(self) -> dict[str, Any]:
        given = self.wanted.get("sync_options", {})
        if "disable_secret_deletion" not in given:
            entry = self.entry(self.wanted["destination"])
            if entry and entry.deletion_must_be_allowed:
                raise InputError(
                    f"sync_options.disable_secret_deletion must be specified as false: {entry.name} only supports syncs"
                    " that delete what Infisical doesn't have."
                )
            if entry and not entry.heeds_deletion_setting:
                raise InputError(_must_be_specified(entry))
        return {**FIRST_OPTIONS, **given}

    def presumed(self) -> View:
        return {**super().presumed(), "sync_options": dict(FIRST_OPTIONS)}

    def fitted(self, view: View) -> tuple[dict[str, Any], View]:
        """Return what is wanted of a sync, and its view, in the light of the destination and the scope that it has.

        What the server drops, since it has no effect with the rest, is not wanted: it would differ in every run. Nor is
        it seen, unless it is wanted.
        """
        slug, wanted = str(view["destination"]), dict(self.wanted)
        have = [view[option] or {} for option in FREE_FORM]
        merged = [{**current, **wanted.get(option, {})} for option, current in zip(FREE_FORM, have, strict=True)]
        config, options = catalog.coerced(slug, *merged)
        coerced = (catalog.as_stored(slug, config), options)
        idle = catalog.without_effect(slug, *coerced)
        before = catalog.without_effect(slug, *have)
        for option, current, values, dropped, unused in zip(FREE_FORM, have, coerced, idle, before, strict=True):
            if option in wanted:
                # What was idle already is compared with what the server has kept of it.
                compared = {key for key in wanted[option] if key not in dropped or (key in current and key in unused)}
                wanted[option] = {key: values[key] for key in wanted[option] if key in compared}
        for key, value in catalog.FILLED_IN.get(slug, {}).items():
            # An empty text stands for what the server fills in, unless it has kept that, or nothing.
            if have[0].get(key) and str(wanted.get("destination_config", {}).get(key, "unset")).strip() == "":
                wanted["destination_config"][key] = value
        entry, config = DESTINATIONS.get(slug), wanted.get("destination_config", {})
        # A scope on which no other setting depends is changed with these as they are.
        if entry and not entry.scopes and "scope" in config:
            wanted["destination_config"] = {**sendable(SYNC.field_named("destination_config"), have[0]), **config}
        # Older servers know the one scope only, and have no word for it.
        if entry and entry.default_scope and config.get("scope") == entry.default_scope and not have[0].get("scope"):
            del config["scope"]
        return wanted, self._without_leftovers(wanted, view, have)

    @staticmethod
    def _without_leftovers(wanted: View, view: View, have: list[dict[str, Any]]) -> dict[str, Any]:
        merged = [{**current, **wanted.get(option, {})} for option, current in zip(FREE_FORM, have, strict=True)]
        idle = catalog.without_effect(str(view["destination"]), *merged)
        kept = {
            option: {
                key: value
                for key, value in current.items()
                # Answers may have null where requests may not.
                if value is not None and (key not in dropped or key in wanted.get(option, {}))
            }
            for option, current, dropped in zip(FREE_FORM, have, idle, strict=True)
        }
        return {**view, **kept}

    def find_reason(self, plan: Plan) -> None:
        if plan.before is None:
            self._refuse_unknown(str((plan.after or {}).get("destination") or ""))
        find_source(self.task, plan, "environment")

    def name_what_is_missing(self, refusal: ServerError, plan: Plan) -> InfisicalError:
        return name_source(refusal, plan, "environment")

    def _refuse_unknown(self, destination: str) -> None:
        """Refuse a destination that neither the catalogue nor the server knows; one that can't tell is no reason."""
        if not destination or destination in DESTINATIONS:
            return
        known = if_readable(self._offered)
        if known is not None and destination not in known:
            raise _unknown_destination(destination, known)

    def look_around(self, plan: Plan) -> None:
        after = plan.after or {}
        entry = DESTINATIONS.get(str(after.get("destination") or ""))
        if entry and plan.action == "create":
            self._warn_if_unheeded(entry.slug)
        if entry and set(FREE_FORM) & set(plan.changes):
            written = [after.get(option) or {} for option in FREE_FORM]
            self.task.notices.update(filter(None, [catalog.everything_warning(entry, *written)]))
            # Who leaves the setting out may count on its default, which keeps what others have.
            unsaid = self.deletion_setting is None and plan.action == "create"
            keeps = self.deletion_setting is True or unsaid
            self.task.notices.update(catalog.one_secret_warnings(entry, *written, keeps=keeps))
        if entry and plan.before and writes_to(plan.before) == writes_to(after):
            configs = [view["destination_config"] or {} for view in (plan.before, after)]
            self.task.notices.update(catalog.new_secrets_warnings(entry, *configs))
        places = {"destination_config", "connection_id", *(["environment"] if entry and entry.by_environment else [])}
        if plan.action == "create" or places & set(plan.changes):
            look_for_duplicates(self, after, plan.before)

    @staticmethod
    def clashes(described: Sequence[Resource], /) -> Iterator[tuple[int, str]]:
        yield from items_to_one_place([res for res in described if isinstance(res, Sync)])

    def aim(self) -> tuple[View, bool] | None:
        """Return the sync as it is going to be, and whether it is new where it writes; None for a removal."""
        if self.absent:
            return None
        before = next(iter(known(self)), None)
        if before is None:
            return self.wanted, True
        config = {**(before["destination_config"] or {}), **self.wanted.get("destination_config", {})}
        after = {**before, **self.wanted, "destination_config": config}
        return after, writes_to(before) != writes_to(after)

    def connected(self, view: View) -> View:
        """Return such a view with the connection that the options name."""
        # Its own turn tells why there is none.
        with suppress(InfisicalError):
            found = self._connection_id(str(view.get("destination") or ""), view if view.get("id") else None)
            if found:
                return {**view, "connection_id": found}
        return {**view, "connection_id": view.get("connection_id") or self.params.get("connection_name")}

    def writes_to(self, view: View) -> Hashable:
        # Not every item names its connection by the id.
        return writes_to({**view, "connection_id": None})

    def first_jobs(self) -> list[Job]:
        behavior = self.params["import_secrets"]
        query = {"importBehavior": behavior}
        act = self.task.store.act
        return [Job(IMPORTED, lambda seen: act(SYNC, seen, "import-secrets", query), "import")] if behavior else []

    def start_sync(self, view: View) -> dict[str, Any]:
        return self.task.store.act(SYNC, view, "sync-secrets")

    def check_removal(self, views: Sequence[View]) -> None:
        entry = self.entry(str(views[0]["destination"])) if views else None
        if self.params["delete_destination_secrets"] and entry and not entry.can_remove:
            raise InputError(
                f"delete_destination_secrets: the server can't delete what it wrote to {entry.name}. Leave it out, and"
                " remove the secrets at the destination with the destination's own tools."
            )

    def removal_query(self) -> dict[str, str]:
        return {"removeSecrets": "true" if self.params["delete_destination_secrets"] else "false"}

    def removal(self) -> Outcome | None:
        return REMOVED if self.params["delete_destination_secrets"] else None


def _must_be_specified(entry: Destination) -> str:
    return (
        f"sync_options.disable_secret_deletion must be specified: each sync replaces {entry.whole} in {entry.name}, and"
        " what Infisical doesn't have is lost. Set it to false if this is intended. Servers with the vendor's fix keep"
        " it"
        " with true; others ignore it."
    )
