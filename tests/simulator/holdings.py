# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What destinations other than the AWS endpoint hold, and what a sync does there with what Infisical doesn't have.

The facts are those of the servers' sources, not of the collection's catalogue: a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Hashable

from .state import INTEGRATION_FIELDS
from .sync_destinations import KeySchema

# Native services whose sync sends the whole set of variables, and so replaces what was there.
_REPLACE = frozenset(
    {
        "azure-devops",
        "codefresh",
        "digital-ocean-app-platform",
        "hashicorp-vault",
        "laravel-forge",
        "northflank",
        "octopus-deploy",
        "railway",
        "render",
    }
)
# Native services whose sync deletes only names that have the prefix and the suffix.
_OWN_NAMES = frozenset({"azure-app-configuration", "gcp-secret-manager", "gitlab"})
# Those of both kinds that have a place of its own for each environment.
_BY_ENVIRONMENT = frozenset({"azure-devops"})
# Destinations of secret syncs that don't heed disableSecretDeletion, and replace the whole set.
_SYNC_REPLACES = frozenset({"azure-devops"})


class Holdings:
    """The secrets at each destination by name. Take the lock of the owner around a call."""

    def __init__(self) -> None:
        self._held: dict[Hashable, dict[str, str]] = {}
        # Names that Infisical has written.
        self._written: dict[Hashable, set[str]] = {}

    def of_integration(self, integration: dict) -> dict[str, str]:
        """Return what a native integration's destination holds; the mapping may be changed."""
        return self._held.setdefault(_place(integration), {})

    def of_sync(self, sync: dict) -> dict[str, str]:
        """Return what a secret sync's destination holds; the mapping may be changed."""
        return self._held.setdefault(_sync_place(sync), {})

    def write(self, integration: dict, secrets: dict[str, str]) -> None:
        """Carry out a sync of a native integration; the names of `secrets` have prefix and suffix already."""
        held, written = self.of_integration(integration), self._written.setdefault(_place(integration), set())
        for name in [name for name in held if name not in secrets and _goes(integration, name, name in written)]:
            del held[name]
        held.update(secrets)
        written.update(secrets)

    def delete(self, integration: dict, names: set[str]) -> None:
        """Delete what a native integration wrote."""
        for name in names & self._written.get(_place(integration), set()):
            self.of_integration(integration).pop(name, None)

    def sync(self, sync: dict, secrets: dict[str, str], schema: KeySchema) -> None:
        """Carry out a job of a secret sync; the names of `secrets` are those at the destination."""
        held = self.of_sync(sync)
        replaces = sync["destination"] in _SYNC_REPLACES or _mounts(sync) == "dot-env"
        if replaces or not sync["syncOptions"].get("disableSecretDeletion"):
            for name in [name for name in held if name not in secrets]:
                if replaces or _mounts(sync) or schema.key_of(name) is not None:
                    del held[name]
        held.update(secrets)

    def remove(self, sync: dict, names: set[str]) -> None:
        """Remove what a secret sync wrote; where a sync replaces the whole set, all of it goes."""
        held = self.of_sync(sync)
        for name in list(held) if sync["destination"] in _SYNC_REPLACES else names & held.keys():
            del held[name]


def _mounts(sync: dict) -> str:
    """Return the format of the files that a sync to Spacelift writes, or nothing for one that writes none."""
    config = sync["destinationConfig"]
    is_file = sync["destination"] == "spacelift" and config["configType"] == "file-mount"
    return config.get("fileMountFormat") or "dot-env" if is_file else ""


def _goes(integration: dict, name: str, written: bool) -> bool:
    """Tell whether a sync of a native integration takes away a name that Infisical doesn't have."""
    slug, metadata = integration["integration"], integration["metadata"]
    if slug in _REPLACE:
        return True
    if slug == "qovery" or (slug == "aws-secret-manager" and metadata.get("mappingBehavior") == "one-to-one"):
        return False
    if slug == "github":
        return bool(metadata.get("shouldEnableDelete"))
    if slug == "aws-parameter-store":
        return not metadata.get("shouldDisableDelete")
    if slug == "gcp-secret-manager" and metadata.get("secretGCPLabel") and not written:
        return False
    if slug in _OWN_NAMES:
        return name.startswith(metadata.get("secretPrefix") or "") and name.endswith(metadata.get("secretSuffix") or "")
    return True


def _place(integration: dict) -> Hashable:
    fields = [str(integration[name] or "") for name in INTEGRATION_FIELDS]
    if integration["integration"] == "github":
        # Their names have no case.
        fields = [value.lower() for value in fields]
    own = integration["envId"] if integration["integration"] in _BY_ENVIRONMENT else None
    return integration["integration"], *fields, integration["metadata"].get("azureLabel"), own


def _sync_place(sync: dict) -> Hashable:
    config = json.dumps(sync["destinationConfig"], sort_keys=True)
    own = sync["envId"] if sync["destination"] in _BY_ENVIRONMENT else None
    return sync["destination"], config.lower() if sync["destination"] == "github" else config, own
