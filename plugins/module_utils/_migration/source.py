# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secrets Infisical has in a folder, by name alone, and what they are called at a destination.

Values are not asked for. A server that is too old to leave them out sends them all the same; they are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from .._catalog.names import SECRET_KEY
from .._engine.activation import list_secrets
from .._engine.kind import View
from .._engine.project import check_source
from .._engine.shapes import NAME, mapping, needed
from .._engine.store import Store
from .._engine.task import Task
from .._errors import InfisicalError
from .groups import PARAMETERS
from .groups import SECRETS as SECRETS_MANAGER

# Which name an endpoint knows differs by its version; what is unknown is dropped.
IMPORTS_TOO = {"includeImports": "true"}
ROW = mapping(secretKey=needed(NAME))


@dataclass(frozen=True)
class Folder:
    """Where secrets come from; with `deep` also from the folders below."""

    project_id: str
    environment: str
    path: str
    deep: bool = False

    @property
    def text(self) -> str:
        return f"{self.environment}:{self.path}"


def folder_of_native(view: View) -> Folder:
    """Return the folder that an integration reads."""
    path = str(view.get("secret_path") or "/")
    return Folder(str(view.get("project_id")), str(view.get("source_environment") or "").strip(), path)


def folder_of_sync(sync: View) -> Folder:
    """Return the folder that a sync reads (a view, or options of the module)."""
    deep = bool((sync.get("sync_options") or {}).get("include_all_sub_folders"))
    return Folder(
        str(sync.get("project_id")), str(sync.get("environment") or ""), str(sync.get("secret_path") or "/"), deep
    )


@dataclass
class Sources:
    """Reads the names of Infisical's secrets, those of each folder once; imported ones are among them."""

    store: Store
    _read: dict[Folder, frozenset[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def keys(self, folder: Folder) -> frozenset[str]:
        """Return the names of the secrets in a folder. Raises InfisicalError where they can't be read."""
        with self._lock:
            if folder in self._read:
                return self._read[folder]
        found = _listed(self.store, folder)
        with self._lock:
            return self._read.setdefault(folder, found)


def _listed(store: Store, folder: Folder) -> frozenset[str]:
    place = (folder.project_id, folder.environment, folder.path)
    rows = list_secrets(store, *place, recursive=folder.deep, row=ROW, more=IMPORTS_TOO)
    return frozenset(str(row["secretKey"]) for row in rows)


def written_by_native(view: View, keys: Iterable[str]) -> set[str]:
    """Return what an integration calls secrets at its destination in AWS."""
    metadata = view.get("metadata") or {}
    before, after = str(metadata.get("secret_prefix") or ""), str(metadata.get("secret_suffix") or "")
    if view.get("integration") == PARAMETERS:
        before = str(view.get("path") or "").strip() + before
    return (
        {f"{before}{key}{after}" for key in keys} if view.get("integration") in (SECRETS_MANAGER, PARAMETERS) else set()
    )


def written_by_sync(sync: Mapping[str, Any], keys: Iterable[str]) -> set[str]:
    """Return what a sync calls secrets at its destination in AWS (a view, or options of the module)."""
    config, options = sync.get("destination_config") or {}, sync.get("sync_options") or {}
    schema, before = str(options.get("key_schema") or SECRET_KEY), ""
    if sync.get("destination") == "aws-parameter-store":
        before = str(config.get("path") or "")
    elif config.get("mapping_behavior", "many-to-one") == "many-to-one":
        # That schema is for the name of the one secret.
        schema = SECRET_KEY
    schema = schema.replace("{{environment}}", str(sync.get("environment") or ""))
    return {before + schema.replace(SECRET_KEY, key) for key in keys}


def missing(task: Task, folder: Folder) -> str:
    """Return what to say where a folder does not exist; empty where it does, or that can't be read."""
    try:
        check_source(task, folder.project_id, folder.environment, folder.path)
    except InfisicalError as error:
        return str(error)
    return ""


def readable(sources: Sources, folder: Folder) -> tuple[frozenset[str] | None, str]:
    """Return the names of the secrets in a folder, or None and what to say where they can't be read."""
    try:
        return sources.keys(folder), ""
    except InfisicalError as error:
        return None, (
            f"The names of the secrets in {folder.text} could not be read from Infisical, so what others have put at"
            f" the destination can't be recognized: {error}"
        )
