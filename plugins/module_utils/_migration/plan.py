# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a native integration to the secret sync that takes its place: what carries over, what must be asked, what can't.

Pure functions of the views that the native modules return. Most services are a row in a table; where a value has to be
worked out, the row names a function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._catalog.apps import APPS
from .._catalog.destinations import DESTINATIONS, OVERWRITE
from .._catalog.names import SECRET_KEY, from_api
from .._catalog.schema import Problem
from .._catalog.syncs import check_sync, coerced, key_schema_problems
from .._engine.kind import View
from .._engine.values import checked_name
from .._errors import InputError, shown
from .counterparts import COUNTERPARTS
from .draft import Counterpart, Draft, part

READY = "ready"
NEEDS_INPUTS = "needs_inputs"
NO_COUNTERPART = "no_counterpart"

BEHAVIORS = {
    "overwrite-target": OVERWRITE,
    "prefer-source": "import-prioritize-source",
    "prefer-target": "import-prioritize-destination",
}
# What inputs may set besides destination_config and sync_options.
PLAIN_INPUTS = (
    "name",
    "description",
    "environment",
    "secret_path",
    "is_auto_sync_enabled",
    "connection_id",
    "connection_name",
)
REPLACED_KEY = (
    "The sync encrypts everything with AWS's own KMS key, including what has another key now. The native integration"
    " did not change keys. To keep a key, specify sync_options.key_id."
)
DESCRIPTION = "Takes the place of native integration "


@dataclass(frozen=True)
class MigrationPlan:
    """What becomes of one native integration.

    `status`: ready, needs_inputs or no_counterpart, with a sentence in `reason`. `missing`: what the user must give, as
    mappings of `name` (the option that it fills) and `why`. `app` and `methods`: the connection that is needed; each
    method with its `prefilled` credentials, those to be `asked`, the `optional` ones, and whether it is `browser_only`.
    `sync`: the options of infisical_secret_sync, as far as known. `restore_deletion`: what `disable_secret_deletion`
    has to become in the end, so that the sync deletes as the integration did; None where it may stay. `warnings`: what
    changes in meaning, or doesn't carry over.
    """

    status: str
    reason: str
    missing: list[dict[str, str]] = field(default_factory=list)
    destination: str = ""
    app: str = ""
    methods: list[dict[str, Any]] = field(default_factory=list)
    sync: dict[str, Any] = field(default_factory=dict)
    restore_deletion: bool | None = None
    warnings: list[str] = field(default_factory=list)


def plan_for(integration: View, auth: View | None, inputs: View | None = None) -> MigrationPlan:
    """Return what becomes of `integration`, whose auth is `auth` (views of the native modules; pure, nothing is sent).

    `inputs` are options of infisical_secret_sync that complete or correct what was worked out, nested as there or with
    dots (`destination_config.org`). A None takes a value away. With all of `missing` given, the plan is ready.
    """
    auth = auth if isinstance(auth, Mapping) else {}
    slug = str(integration.get("integration") or auth.get("integration") or "")
    row = COUNTERPARTS.get(slug)
    if row is None:
        return MigrationPlan(NO_COUNTERPART, f"This collection does not support the native service {shown(slug)}.")
    if row.no_counterpart:
        return MigrationPlan(NO_COUNTERPART, row.no_counterpart)
    draft = _drafted(row, integration, auth)
    given, odd = _inputs(inputs)
    if draft.blocked and not (draft.unless and all(given.get(name) is not None for name in draft.unless)):
        return MigrationPlan(NO_COUNTERPART, f"It can't be migrated: {draft.blocked}", warnings=draft.warnings)
    sync = _sync(row, draft, given)
    try:
        checked_name("environment", str(sync.get("environment") or "none"), 64)
    except InputError as refusal:
        # Old projects have environments that native integrations can read and syncs can't.
        reason = (
            f"Servers refuse a sync of this environment: {refusal} Change its slug in the project's settings first."
        )
        return MigrationPlan(NO_COUNTERPART, reason, warnings=draft.warnings)
    missing = _missing(row, draft, sync, given)
    entry = DESTINATIONS[row.destination]
    wanted = None if draft.deletes is None else not draft.deletes
    names = ", ".join(item["name"] for item in missing)
    return MigrationPlan(
        status=NEEDS_INPUTS if missing else READY,
        reason=f"The sync requires what the native integration does not have: {names}."
        if missing
        else "Nothing is missing.",
        missing=missing,
        destination=row.destination,
        app=entry.app,
        methods=list(_methods(row, draft, entry.app)),
        sync=sync,
        restore_deletion=None if wanted == sync["sync_options"].get("disable_secret_deletion", True) else wanted,
        warnings=[
            *draft.warnings,
            *_replaced_key(sync),
            *_unsure(sync),
            *(f"The input {name} is not an option of a sync, and is not used." for name in odd),
        ],
    )


def _drafted(row: Counterpart, integration: View, auth: View) -> Draft:
    """Return what the views tell about the sync."""
    known = {**part(from_api(auth), "metadata"), **auth}
    draft = Draft(integration, known, deletes=row.deletes, warnings=[row.changes] if row.changes else [])
    draft.options.update(initial_sync_behavior=_behavior(row, draft), disable_secret_deletion=True)
    draft.options.update({option: draft.get(source) for option, source in row.options.items()})
    draft.config.update({option: draft.get(source) for option, source in row.config.items()})
    if row.compute:
        row.compute(draft)
    if _in_one_secret(draft, row.destination):
        # The sync replaces all of it, as the integration did. What a new sync has anyway is no promise then.
        del draft.options["disable_secret_deletion"]
    _key_schema(draft, row.destination, dashed=row.dashed)
    return draft


def _in_one_secret(draft: Draft, destination: str) -> bool:
    one = DESTINATIONS[destination].one_secret
    return one is not None and one.holds(draft.config)


def _behavior(row: Counterpart, draft: Draft) -> str:
    """Return the sync's first behaviour: what the integration's was, unless it is spent or the sync has no such."""
    stated = draft.text("metadata.initial_sync_behavior")
    behavior = BEHAVIORS.get(stated, OVERWRITE)
    if not row.imports or behavior == OVERWRITE or draft.get("last_used"):
        return OVERWRITE
    if DESTINATIONS[row.destination].can_import:
        return behavior
    draft.warnings.append(
        f"The integration was set to import what the destination holds at its first sync ({stated}), but never ran. A"
        " sync can't import from there, and overwrites it."
    )
    return OVERWRITE


def _key_schema(draft: Draft, destination: str, *, dashed: bool) -> None:
    before = draft.before_key + draft.text("metadata.secret_prefix")
    after = draft.text("metadata.secret_suffix")
    if not before and not after:
        return
    named = shown(f"{before}KEY{after}")
    if _in_one_secret(draft, destination):
        draft.missing["sync_options.key_schema"] = (
            f"the native integration wrote the keys in the secret as {named}. A sync writes them as they are in"
            " Infisical, and its key schema renames the secret itself. So what reads the secret must be changed, or the"
            " secrets in Infisical renamed. Then specify an empty string."
        )
        return
    schema = f"{before}{SECRET_KEY}{after}"
    if dashed:
        schema = schema.replace("_", "-")
    problems = list(key_schema_problems(schema))
    if problems:
        draft.missing["sync_options.key_schema"] = (
            f"secrets are named {named} at the destination, and no key schema can express that"
            f" ({problems[0].rstrip('.')}); another key schema gives them other names."
        )
    else:
        draft.options["key_schema"] = schema


def _inputs(inputs: View | None) -> tuple[dict[str, Any], list[str]]:
    """Return the inputs by dotted name, and the names that no sync has."""
    given: dict[str, Any] = {}
    odd = []
    for key, value in (inputs if isinstance(inputs, Mapping) else {}).items():
        name = str(key)
        group, _unused, option = name.partition(".")
        if name in ("destination_config", "sync_options") and isinstance(value, Mapping):
            given.update((f"{name}.{inner}", item) for inner, item in from_api(value).items())
        elif name in PLAIN_INPUTS or (group in ("destination_config", "sync_options") and option):
            given[name] = from_api(value)
        else:
            odd.append(name)
    return given, odd


def _sync(row: Counterpart, draft: Draft, given: View) -> dict[str, Any]:
    """Return the sync's options: what was worked out, with the inputs over it."""
    view = draft.integration
    object_id = str(view.get("id") or "")
    environment = draft.text("source_environment")
    config, options = dict(draft.config), dict(draft.options)
    sync: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9]+", "-", f"{row.slug}-{environment}-{object_id[:8]}".lower()).strip("-"),
        "description": f"{DESCRIPTION}{object_id}." if object_id else None,
        "destination": row.destination,
        "project_id": draft.get("project_id|auth.project_id"),
        "environment": environment or None,
        "secret_path": draft.get("secret_path|=/"),
        "is_auto_sync_enabled": view.get("is_active") is not False,
    }
    parts = {"destination_config": config, "sync_options": options}
    for name, value in given.items():
        group, _unused, option = name.partition(".")
        if option:
            parts[group][option] = value
        else:
            sync[name] = value
    config, options = coerced(row.destination, config, options)
    sync = {name: value for name, value in sync.items() if value is not None}
    return {**sync, "destination_config": config, "sync_options": options}


def _missing(row: Counterpart, draft: Draft, sync: View, given: View) -> list[dict[str, str]]:
    """Return what stands between the sync and its making, each thing once, the connection last."""
    whys = {name: why for name, why in draft.missing.items() if name not in given}
    for problem in _problems(sync):
        name = problem.field.partition("[")[0]
        option = name.partition(".")[2]
        unstated = sync.get(name.partition(".")[0], {}).get(option) in (None, "", [])
        whys.setdefault(name, f"{row.asks[option]}." if unstated and option in row.asks else problem.text)
    config, known = sync["destination_config"], _known(row.destination, sync["destination_config"])
    for option, why in row.asks.items():
        if option in known and config.get(option) is None:
            whys.setdefault(f"destination_config.{option}", f"{why}.")
    if not sync.get("environment"):
        whys["environment"] = "the native integration's source environment is unknown."
    if not (sync.get("connection_id") or sync.get("connection_name")):
        app_name = APPS[DESTINATIONS[row.destination].app].name
        note = f" {row.access_note}" if row.access_note else ""
        whys["connection_name"] = (
            f"the credentials of the native auth can't be read: create a connection of {app_name}, or name an"
            f" existing one.{note}"
        )
    return [{"name": name, "why": why} for name, why in whys.items()]


def _known(destination: str, config: View) -> set[str]:
    """Return the options whose absence is worth a question: those required here, by the scope that is chosen."""
    entry = DESTINATIONS[destination]
    settings = entry.fields_for(config.get("scope") or entry.default_scope)
    return {setting.name for setting in settings if setting.required}


def _problems(sync: View) -> Iterator[Problem]:
    found = check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
    return (problem for problem in found if problem.certain)


def _replaced_key(sync: View) -> Iterator[str]:
    if sync["destination"] == "aws-secrets-manager" and not sync["sync_options"].get("key_id"):
        yield REPLACED_KEY


def _unsure(sync: View) -> Iterator[str]:
    found = check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
    return (problem.sentence for problem in found if not problem.certain)


def _methods(row: Counterpart, draft: Draft, app: str) -> Iterator[dict[str, Any]]:
    """Yield the connection's methods: those that the row names first, those that need a browser last."""
    methods = [method for method in APPS[app].methods if method.verified]
    order = list(row.access)
    if draft.get("metadata.aws_iam_role|metadata.awsIamRole"):
        order.reverse()
    place = {name: index for index, name in enumerate(order)}
    for method in sorted(methods, key=lambda item: (item.browser_only, place.get(item.name, len(order)))):
        known = {name: draft.get(source) for name, source in row.access.get(method.name, {}).items()}
        prefilled = {name: value for name, value in known.items() if value is not None}
        yield {
            "method": method.name,
            "prefilled": prefilled,
            "asked": [item.name for item in method.credentials if item.required and item.name not in prefilled],
            "optional": [item.name for item in method.credentials if not item.required and item.name not in prefilled],
            "browser_only": method.browser_only,
        }
