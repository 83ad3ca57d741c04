# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a project has, as the options that describe it: a task with these options changes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .._catalog import native as catalog
from .._catalog.services import DESTINATION_FIELDS, service
from .._catalog.syncs import ONLY_READ, check_sync
from .._engine.kind import View
from .._engine.values import oldest_first
from .managed_credentials import MANAGED, ROTATED, ROTATION
from .native import AUTH, INTEGRATION, METADATA_OPTIONS

NO_VALUE: tuple[Any, ...] = (None, "", [], {})
SOURCE = ("source_environment", "secret_path", "is_active")


def exported_auths(auths: Iterable[View]) -> list[dict[str, Any]]:
    """Return the options of infisical_integration_auth for each auth.

    `credential_variables` names a variable for each credential that the service takes: nobody can read them.
    """
    views = oldest_first(auths)
    names = auth_variables(views)
    items = []
    for view, name in zip(views, names, strict=True):
        # The first way is the one to go without a choice.
        options = service(view["integration"]).credentials[0]
        variables = {option: f"{name}_{option}" for option in options}
        item = {**_auth_names(view, views), "credential_variables": variables}
        if catalog.check_auth(view["integration"], view, {}, complete=False):
            item["validate"] = "off"
        items.append(item)
    return items


def _auth_names(view: View, views: Iterable[View]) -> dict[str, Any]:
    named = {"integration": view["integration"]}
    named.update({option: view[option] for option in ("target_url", "namespace") if view[option]})
    if Counter(AUTH.identity(other) for other in views)[AUTH.identity(view)] > 1:
        # Several are alike, so that only the id tells which one is meant.
        named["integration_auth_id"] = view["id"]
    return named


def auth_variables(auths: Sequence[View]) -> list[str]:
    """Return the beginning of the names of the variables for each auth's credentials."""
    return _variables(
        auths,
        lambda view: (view.get("integration"), view.get("namespace"), view.get("target_url")),
        lambda view: view.get("id") or view.get("integration_auth_id"),
    )


def connection_variables(connections: Sequence[View]) -> list[str]:
    """Return the beginning of the name of the variable for each connection's credentials."""
    return _variables(connections, lambda view: (view.get("app"), view.get("name")), lambda view: view.get("id"))


def _variables(
    views: Sequence[View], parts: Callable[[View], tuple[Any, ...]], id_of: Callable[[View], object]
) -> list[str]:
    """Return the beginning of a variable's name for each view, made of `parts`, and of the id where others share it."""
    names = [_variable(*parts(view)) for view in views]
    shared = Counter(names)
    return [
        name if shared[name] == 1 else _variable(*parts(view), id_of(view))
        for name, view in zip(names, views, strict=True)
    ]


def _variable(*parts: object) -> str:
    text = "_".join(str(part) for part in parts if part)
    name = re.sub(r"[^a-z0-9]+", "_", text.lower().replace("https://", "")).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def exported_integrations(integrations: Iterable[View], auths: Iterable[View]) -> list[dict[str, Any]]:
    """Return an item of infisical_integrations for each integration; of duplicates only for the one that is managed."""
    by_id = {view["id"]: view for view in auths}
    items: dict[tuple[Any, ...], dict[str, Any]] = {}
    for view in oldest_first(integrations):
        items.setdefault(INTEGRATION.identity(view), _item(view, by_id))
    return list(items.values())


def _item(view: View, auths: Mapping[str, View]) -> dict[str, Any]:
    item: dict[str, Any] = {"integration": view["integration"]}
    auth = auths.get(view["integration_auth_id"])
    names = _auth_names(auth, auths.values()) if auth else {"integration_auth_id": view["integration_auth_id"]}
    if "integration_auth_id" in names or names["integration"] != view["integration"]:
        item["integration_auth_id"] = view["integration_auth_id"]
    else:
        item.update({f"auth_{name}": names[name] for name in ("target_url", "namespace") if name in names})
    if not view["source_environment"]:
        # Its environment is gone, and nothing else would find it.
        item["integration_id"] = view["id"]
    stated = {option: view[option] for option in (*SOURCE, *DESTINATION_FIELDS)}
    # A new integration would get another value.
    unset = dict.fromkeys(catalog.keeping(str(view["integration"])), False)
    stated["metadata"] = {**unset, **_metadata(view["metadata"])}
    item.update({option: value for option, value in stated.items() if value not in NO_VALUE})
    if catalog.check_integration(str(view["integration"]), item, complete=True):
        # What somebody made by other means is taken as it is.
        item["validate"] = "off"
    return item


def _metadata(metadata: View | None) -> dict[str, Any]:
    """Return what the module's option can hold of the stored metadata."""
    kept = {}
    for key, value in (metadata or {}).items():
        spec = METADATA_OPTIONS[key]
        parts = spec.get("options", {})
        needed = [name for name, part in parts.items() if part.get("required")]
        rows = value if isinstance(value, list) and parts else [value] if parts else []
        if "choices" in spec and value not in spec["choices"]:
            continue
        if any(not isinstance(row, Mapping) or [name for name in needed if not row.get(name)] for row in rows):
            continue
        own = [{name: row[name] for name in parts if name in row} for row in rows]
        kept[key] = own if spec["type"] == "list" and parts else value
    return kept


def role_inputs(auths: Iterable[View], integrations: Iterable[View]) -> list[dict[str, Any]]:
    """Return the variables of the role native_integration, once for each auth, from what the functions above return."""
    inputs = []
    for auth in auths:
        own = [item for item in integrations if _uses(item, auth)]
        left_out = ("integration", "auth_namespace", "auth_target_url", "integration_auth_id")
        inputs.append(
            {
                "native_integration_service": auth["integration"],
                "native_integration_auth": {key: value for key, value in auth.items() if key != "integration"},
                "native_integration_destinations": [
                    {key: value for key, value in item.items() if key not in left_out} for item in own
                ],
            }
        )
    return inputs


def _uses(item: View, auth: View) -> bool:
    if item.get("integration_auth_id") or auth.get("integration_auth_id"):
        return item.get("integration_auth_id") == auth.get("integration_auth_id")
    names = {"integration": item["integration"]}
    names.update({key: item.get(f"auth_{key}") for key in ("target_url", "namespace")})
    return AUTH.identity(names) == AUTH.identity(auth)


def _is_exported(view: View, option: str) -> bool:
    # A new connection takes no schedule without rotation, and both flags are off by themselves.
    value = view[ROTATED] and view[option] if option == ROTATION else view[option]
    return value not in (*NO_VALUE, False)


def exported_connections(connections: Iterable[View]) -> list[dict[str, Any]]:
    """Return the options of infisical_app_connection for each; `credentials_variable` names one for its credentials."""
    options = ("app", "name", "method", "description", "gateway_id", "gateway_pool_id", MANAGED, ROTATED, ROTATION)
    views = oldest_first(connections)
    names = connection_variables(views)
    return [
        {
            **{option: view[option] for option in options if _is_exported(view, option)},
            "credentials_variable": f"{name}_credentials",
        }
        for view, name in zip(views, names, strict=True)
    ]


def exported_syncs(syncs: Iterable[View]) -> list[dict[str, Any]]:
    """Return an item of infisical_secret_syncs for each sync."""
    items = []
    for view in oldest_first(syncs):
        options = ("name", "destination", "description", "environment", "secret_path", "is_auto_sync_enabled")
        item = {option: view[option] for option in (*options, "destination_config", "sync_options")}
        settings = view["sync_options"] or {}
        item["sync_options"] = {key: value for key, value in settings.items() if key not in ONLY_READ}
        connection = view["connection"] or {}
        if connection.get("name"):
            item["connection_name"] = connection["name"]
        else:
            item["connection_id"] = view["connection_id"]
        item = {option: value for option, value in item.items() if value not in NO_VALUE}
        config, settings = (item.get(option) or {} for option in ("destination_config", "sync_options"))
        if check_sync(str(view["destination"]), config, settings, complete=True):
            item["validate"] = "off"
        items.append(item)
    return items
