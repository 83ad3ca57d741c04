# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an integration's settings become a sync's: the terms of the table, and the values that must be worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._engine.kind import View
from .._errors import shown


@dataclass(frozen=True)
class Counterpart:
    """How the integrations of one native service become syncs.

    Sources are written as the name of a field of the integration, `auth.` or `metadata.` and a name, or `=` and a fixed
    text; several with `|` between them are tried in turn. `config` and `options` give each its source by the sync's
    option. `asks` are options that must be given where the sources have nothing, each with why the integration doesn't
    have them. `access`: per method of the connection, which credentials are known from where. `access_note`: what is to
    be known about the credentials. `deletes`: the native integration deleted secrets at the destination that Infisical
    doesn't have. `imports`: it heeded `initial_sync_behavior`. `dashed`: names at the destination have - for each _.
    `changes`: what the sync does otherwise. `compute` works out the rest.
    """

    slug: str
    destination: str = ""
    config: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    access_note: str = ""
    deletes: bool = True
    imports: bool = False
    dashed: bool = False
    changes: str = ""
    compute: Callable[[Draft], None] | None = None
    no_counterpart: str = ""


@dataclass
class Draft:
    """A sync in the making: what the functions that work out values read and fill.

    `deletes` is None where neither setting of the sync deletes as the integration did. `blocked` says why there is no
    counterpart; it counts unless all of `unless` are among the inputs.
    """

    integration: View
    auth: View
    config: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    before_key: str = ""
    deletes: bool | None = True
    blocked: str = ""
    unless: tuple[str, ...] = ()

    def get(self, source: str) -> Any:
        """Return the first of the sources in `source` that has a value, else None."""
        for name in source.split("|"):
            if name.startswith("="):
                return name[1:]
            holder, _unused, key = name.rpartition(".")
            parent = {"auth": self.auth, "metadata": part(self.integration, "metadata")}.get(holder, self.integration)
            value = parent.get(key)
            value = value.strip() if isinstance(value, str) else value
            if value not in (None, ""):
                return value
        return None

    def text(self, source: str) -> str:
        """Return the same as a text, empty where there is none."""
        value = self.get(source)
        return "" if value is None else str(value)


def part(view: View, key: str) -> View:
    value = view.get(key)
    return value if isinstance(value, Mapping) else {}


def aws_options(draft: Draft) -> None:
    tags = draft.get("metadata.secret_aws_tag")
    if isinstance(tags, list) and tags:
        draft.options["tags"] = tags
    key_id = draft.get("metadata.kms_key_id")
    if key_id:
        draft.options["key_id"] = key_id


def secrets_manager(draft: Draft) -> None:
    aws_options(draft)
    one_to_one = draft.config.get("mapping_behavior") == "one-to-one"
    if one_to_one:
        # Of secrets of their own, the native integration removed only what had become empty.
        draft.deletes = False
        if draft.get("metadata.metadata_sync_mode") == "secret-metadata":
            draft.options["sync_secret_metadata_as_tags"] = True
    elif draft.get("app"):
        draft.config["secret_name"] = draft.get("app")


def parameter_store(draft: Draft) -> None:
    aws_options(draft)
    draft.deletes = draft.get("metadata.should_disable_delete") is not True
    path = draft.text("path")
    if not path:
        return
    # The native name is path and key put together as they are, so what follows the last slash begins each name.
    folder, slash, rest = path.rpartition("/")
    draft.config["path"] = folder + slash if slash else path
    if slash and rest:
        draft.before_key = rest
        draft.warnings.append(
            f"The native path {shown(path)} does not end with a slash: {shown(rest)} is moved into the key schema, so"
            " that the names at the destination stay the same."
        )


def gcp(draft: Draft) -> None:
    if draft.get("metadata.secret_gcp_label"):
        draft.deletes = None
        draft.warnings.append(
            "The native integration changed only secrets with its label, and added the label to new ones. A sync has no"
            " labels. If it is allowed to delete, it also deletes secrets without the label."
        )


def github(draft: Draft) -> None:
    draft.deletes = draft.get("metadata.should_enable_delete") is True
    scope = draft.text("scope") or "github-repo"
    if scope == "github-org":
        visibility = draft.get("metadata.github_visibility|=all")
        draft.config.update(scope="organization", org=draft.get("owner"), visibility=visibility)
        if visibility == "selected":
            draft.config["selected_repository_ids"] = draft.get("metadata.github_visibility_repo_ids")
        return
    draft.config.update(scope="repository", owner=draft.get("owner"), repo=draft.get("app"))
    if scope == "github-env":
        draft.config.update(scope="repository-environment", env=draft.get("target_environment_id"))
    elif scope != "github-repo":
        draft.blocked = f"GitHub syncs do not support its scope {shown(scope)}."


def bitbucket(draft: Draft) -> None:
    repository = next((text for text in (draft.text("app_id"), draft.text("app")) if _is_slug(text)), "")
    if repository:
        draft.config["repository_slug"] = repository
        if repository != draft.text("app_id"):
            draft.warnings.append(
                f"The native integration names the repository by its ID; {shown(repository)} is used as its slug."
            )


def _is_slug(text: str) -> bool:
    uuid = re.fullmatch(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", text)
    return bool(re.fullmatch(r"[a-z0-9._-]+", text)) and not uuid


def circleci(draft: Draft) -> None:
    scope = draft.text("scope") or "project"
    if scope != "project":
        draft.blocked = "it writes to a CircleCI context, and syncs write to projects only."
        return
    project_id, name, owner = draft.text("app_id"), draft.text("app"), draft.text("owner")
    # Rows made by Terraform have the project's id for its name, and the organization's slug for its name.
    if name and name != project_id:
        draft.config["project_name"] = name
    host, slash, organization = owner.rpartition("/")
    if owner and (not slash or host in ("gh", "github", "bb", "bitbucket")):
        draft.config["org_name"] = organization


def travis(draft: Draft) -> None:
    owner, name = draft.text("owner"), draft.text("app")
    if "/" in name or (owner and name):
        draft.config["repository_slug"] = name if "/" in name else f"{owner}/{name}"


def teamcity(draft: Draft) -> None:
    # With only one of the two, the native integration wrote to the project.
    if draft.get("target_environment") and draft.get("target_environment_id"):
        draft.config["build_config"] = draft.get("target_environment_id")


def octopus(draft: Draft) -> None:
    names = {
        "environment": "environments",
        "role": "roles",
        "machine": "machines",
        "process_owner": "processes",
        "action": "actions",
        "channel": "channels",
    }
    values = draft.get("metadata.octopus_deploy_scope_values")
    if isinstance(values, Mapping):
        parts = {option: values[name] for name, option in names.items() if values.get(name)}
        if parts:
            draft.config["scope_values"] = parts


def rundeck(draft: Draft) -> None:
    match = re.fullmatch(r"/?keys/project/([^/]+)(/.*)?", draft.text("path"))
    if match:
        rest = (match[2] or "").rstrip("/")
        draft.config.update(project=match[1], path=rest or "/")
        return
    where = shown(draft.get("path"))
    draft.blocked = f"its path {where} is outside keys/project/, and a sync writes below a project only."
    draft.unless = ("destination_config.project", "destination_config.path")


def cloudflare_pages(draft: Draft) -> None:
    if draft.get("metadata.should_auto_redeploy") is True:
        draft.warnings.append("The native integration redeployed the Pages project. A sync does not.")


# --- services ---------------------------------------------------------------------------------------------------------
