# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a native integration to the secret sync that takes its place: what carries over, what must be asked, what can't.

Pure functions of the views that the native modules return. Most services are a row in a table; where a value has to be
worked out, the row names a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._catalog import syncs as sync_catalog
from .._catalog.syncs import OVERWRITE, SECRET_KEY
from .._engine.kind import View
from .._errors import shown

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
DESCRIPTION = "Takes the place of native integration "


@dataclass(frozen=True)
class Route:
    """How the integrations of one native service become syncs.

    Sources are written as the name of a field of the integration, `auth.` or `metadata.` and a name, or `=` and a fixed
    text; several with `|` between them are tried in turn. `config` and `options` give each its source by the sync's
    option. `asks` are options that must be given where the sources have nothing, each with why the integration doesn't
    have them. `access`: per method of the connection, which credentials are known from where. `access_note`: what is to
    be known about the credentials. `deletes`: the native integration deleted secrets at the destination that Infisical
    doesn't have. `imports`: it heeded `initial_sync_behavior`. `changes`: what the sync does otherwise. `compute`
    works out the rest.
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
            parent = {"auth": self.auth, "metadata": _part(self.integration, "metadata")}.get(holder, self.integration)
            value = parent.get(key)
            value = value.strip() if isinstance(value, str) else value
            if value not in (None, ""):
                return value
        return None

    def text(self, source: str) -> str:
        """Return the same as a text, empty where there is none."""
        value = self.get(source)
        return "" if value is None else str(value)


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

    @property
    def needs_only_connection(self) -> bool:
        """Whether the connection is all that is missing."""
        return self.status == NEEDS_INPUTS and [item["name"] for item in self.missing] == ["connection_name"]

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as plain data."""
        return {**self.__dict__, "needs_only_connection": self.needs_only_connection}


# --- values that must be worked out -----------------------------------------------------------------------------------


def _aws_options(draft: Draft) -> None:
    tags = draft.get("metadata.secret_aws_tag")
    if isinstance(tags, list) and tags:
        draft.options["tags"] = tags
    key_id = draft.get("metadata.kms_key_id")
    if key_id:
        draft.options["key_id"] = key_id


def _secrets_manager(draft: Draft) -> None:
    _aws_options(draft)
    one_to_one = draft.config.get("mapping_behavior") == "one-to-one"
    if one_to_one:
        # Of secrets of their own, the native integration removed only what had become empty.
        draft.deletes = False
        if draft.get("metadata.metadata_sync_mode") == "secret-metadata":
            draft.options["sync_secret_metadata_as_tags"] = True
    elif draft.get("app"):
        draft.config["secret_name"] = draft.get("app")


def _parameter_store(draft: Draft) -> None:
    _aws_options(draft)
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
            f"The native path {shown(path)} has no slash at its end: {shown(rest)} moves into the key schema, so that"
            " the names at the destination stay the same."
        )


def _gcp(draft: Draft) -> None:
    if draft.get("metadata.secret_gcp_label"):
        draft.deletes = None
        draft.warnings.append(
            "The native integration touched only secrets with its label, and put the label on new ones; a sync knows no"
            " labels. Don't let it delete: it would delete secrets without the label, too."
        )


def _github(draft: Draft) -> None:
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
        draft.blocked = f"its scope {shown(scope)} is none that a GitHub sync has."


def _bitbucket(draft: Draft) -> None:
    repository = next((text for text in (draft.text("app_id"), draft.text("app")) if _is_slug(text)), "")
    if repository:
        draft.config["repository_slug"] = repository
        if repository != draft.text("app_id"):
            draft.warnings.append(
                f"The native integration names the repository by its id; {shown(repository)} is taken for its slug."
            )


def _is_slug(text: str) -> bool:
    uuid = re.fullmatch(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", text)
    return bool(re.fullmatch(r"[a-z0-9._-]+", text)) and not uuid


def _circleci(draft: Draft) -> None:
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


def _travis(draft: Draft) -> None:
    owner, name = draft.text("owner"), draft.text("app")
    if "/" in name or (owner and name):
        draft.config["repository_slug"] = name if "/" in name else f"{owner}/{name}"


def _teamcity(draft: Draft) -> None:
    # With only one of the two, the native integration wrote to the project.
    if draft.get("target_environment") and draft.get("target_environment_id"):
        draft.config["build_config"] = draft.get("target_environment_id")


def _octopus(draft: Draft) -> None:
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


def _rundeck(draft: Draft) -> None:
    match = re.fullmatch(r"/?keys/project/([^/]+)(/.*)?", draft.text("path"))
    if match:
        rest = (match[2] or "").rstrip("/")
        draft.config.update(project=match[1], path=rest or "/")
        return
    where = shown(draft.get("path"))
    draft.blocked = f"its path {where} is outside keys/project/, and a sync writes below a project only."
    draft.unless = ("destination_config.project", "destination_config.path")


def _cloudflare_pages(draft: Draft) -> None:
    if draft.get("metadata.should_auto_redeploy") is True:
        draft.warnings.append("A sync doesn't redeploy the Pages project; the native integration was told to.")


# --- services ---------------------------------------------------------------------------------------------------------

OAUTH = "A grant from a login in a browser can't be taken over"
NAME_ONLY = "the native integration was made without the name"
CLOUDFLARE_NOTE = "The account id was among the native credentials, which can't be read."
AWS_NOTE = (
    "Where the native auth assumed a role, only the role's name can be read, not its whole ARN, and the trust policy"
    " needs another external id: the native one was the project's id, a connection has its own."
)
AWS_ACCESS: dict[str, dict[str, Any]] = {"access-key": {}, "assume-role": {}}
REGION = {"region": "the native integration has no region"}

ROUTES = {
    route.slug: route
    for route in (
        Route(
            "aws-secret-manager",
            "aws-secrets-manager",
            {"region": "region", "mapping_behavior": "metadata.mapping_behavior|=many-to-one"},
            asks={**REGION, "secret_name": "the native integration doesn't name the secret"},
            access=AWS_ACCESS,
            access_note=AWS_NOTE,
            compute=_secrets_manager,
        ),
        Route(
            "aws-parameter-store",
            "aws-parameter-store",
            {"region": "region"},
            asks={**REGION, "path": "the native integration has no path"},
            access=AWS_ACCESS,
            access_note=AWS_NOTE,
            compute=_parameter_store,
        ),
        Route(
            "azure-key-vault",
            "azure-key-vault",
            {"vault_base_url": "app"},
            access_note=f"{OAUTH}; a client secret is the plain choice.",
            imports=True,
            changes=(
                "Key Vault knows no underscores; the native integration wrote them as dashes. Whether the sync names"
                " secrets in the same way wasn't seen: compare after the first sync."
            ),
        ),
        Route(
            "azure-app-configuration",
            "azure-app-configuration",
            {"configuration_url": "app", "label": "metadata.azure_label"},
            access_note=f"{OAUTH}; a client secret is the plain choice.",
            imports=True,
        ),
        Route(
            "azure-devops",
            "azure-devops",
            {"devops_project_id": "app_id"},
            access={"access-token": {"org_name": "app"}, "client-secret": {"org_name": "app"}},
            access_note="The connection wants the personal access token itself, not its base64 form.",
            changes=(
                "The native integration wrote the variable group named like the environment; how the sync names its"
                " group wasn't seen: compare after the first sync."
            ),
        ),
        Route(
            "gcp-secret-manager",
            "gcp-secret-manager",
            {"scope": "=global", "project_id": "app_id"},
            access_note=(
                "The native auth's key file is of no use: a connection impersonates a service account that lets"
                " Infisical's own account do so."
            ),
            compute=_gcp,
        ),
        Route(
            "github",
            "github",
            asks={
                "org": "the native integration doesn't name the organization",
                "owner": "the native integration doesn't name the repository's owner",
                "repo": "the native integration doesn't name the repository",
                "env": "the native integration doesn't name the environment",
            },
            access={"pat": {}, "github-app": {"installation_id": "auth.installation_id"}},
            access_note="A GitHub App's installation is known, but a connection by it needs a login in a browser, too.",
            compute=_github,
        ),
        Route(
            "gitlab",
            "gitlab",
            {
                "scope": "=project",
                "project_id": "app_id",
                "project_name": "app",
                "target_environment": "target_environment",
                "should_mask_secrets": "metadata.should_mask_secrets",
                "should_protect_secrets": "metadata.should_protect_secrets",
            },
            asks={"project_name": NAME_ONLY},
            access={"access-token": {"instance_url": "auth.target_url"}, "oauth": {"instance_url": "auth.target_url"}},
            imports=True,
        ),
        Route(
            "bitbucket",
            "bitbucket",
            {"workspace_slug": "target_environment_id", "environment_id": "target_service_id"},
            asks={"repository_slug": "the native integration names the repository by its id only"},
            access_note=f"{OAUTH}: the connection takes an e-mail address and an API token.",
            compute=_bitbucket,
        ),
        Route(
            "circleci",
            "circleci",
            {"project_id": "app_id"},
            asks={
                "org_name": "the native integration doesn't name the organization",
                "project_name": "the native integration doesn't name the project",
                "project_id": "the native integration names the project, but doesn't have its id",
            },
            compute=_circleci,
        ),
        Route(
            "databricks",
            "databricks",
            {"scope": "app"},
            access={"service-principal": {"workspace_url": "auth.target_url"}},
            access_note="A personal access token is of no use: a connection takes a service principal.",
        ),
        Route(
            "travisci",
            "travis-ci",
            {"repository_id": "app_id"},
            asks={"repository_slug": "the native integration names the repository without its owner"},
            compute=_travis,
        ),
        Route(
            "teamcity",
            "teamcity",
            {"project": "app_id"},
            access={"access-token": {"instance_url": "auth.target_url"}},
            compute=_teamcity,
        ),
        Route(
            "terraform-cloud",
            "terraform-cloud",
            {"scope": "=workspace", "workspace_id": "app_id", "workspace_name": "app", "category": "target_service"},
            asks={"org": "the native integration doesn't hold the organization", "workspace_name": NAME_ONLY},
            imports=True,
        ),
        Route(
            "vercel",
            "vercel",
            {
                "scope": "=project",
                "app": "app_id",
                "app_name": "app",
                "env": "target_environment",
                "branch": "path",
                "team_id": "auth.team_id|=",
            },
            asks={"app": "the native integration has only the project's name, and the sync wants its id"},
            access_note=f"{OAUTH}: the connection takes an API token.",
            imports=True,
        ),
        Route(
            "netlify",
            "netlify",
            {"account_id": "auth.account_id", "site_id": "app_id", "site_name": "app", "context": "target_environment"},
            asks={"account_id": "the native auth doesn't hold the account's id"},
            access_note=f"{OAUTH}: the connection takes an access token.",
        ),
        Route(
            "heroku",
            "heroku",
            {"app": "app", "app_name": "app"},
            access_note=f"{OAUTH}; an authorization token is the plain choice.",
            imports=True,
            changes=(
                "The native integration knows the app by name only, and the name is given for its id, which Heroku"
                " takes either way; whether Infisical does wasn't seen. If not, give the id as destination_config.app."
            ),
        ),
        Route(
            "render",
            "render",
            {"scope": "=service", "service_id": "app_id", "type": "=env"},
            {"auto_redeploy_services": "metadata.should_auto_redeploy"},
        ),
        Route(
            "railway",
            "railway",
            {
                "project_id": "app_id",
                "project_name": "app",
                "environment_id": "target_environment_id",
                "environment_name": "target_environment",
                "service_id": "target_service_id",
                "service_name": "target_service",
            },
            asks={"project_name": NAME_ONLY, "environment_name": NAME_ONLY},
            access={"account-token": {}},
        ),
        Route("flyio", "flyio", {"app_id": "app"}),
        Route(
            "laravel-forge",
            "laravel-forge",
            {"site_id": "app_id", "site_name": "app"},
            asks={
                "server_id": "it was among the native credentials, which can't be read",
                "org_slug": "the native integration knows no organization",
            },
        ),
        Route("supabase", "supabase", {"project_id": "app_id", "project_name": "app"}),
        Route(
            "checkly",
            "checkly",
            {
                "account_id": "app_id",
                "account_name": "app",
                "group_id": "target_service_id",
                "group_name": "target_service",
            },
        ),
        Route(
            "cloudflare-pages",
            "cloudflare-pages",
            {"project_name": "app", "environment": "target_environment"},
            access_note=CLOUDFLARE_NOTE,
            compute=_cloudflare_pages,
        ),
        Route("cloudflare-workers", "cloudflare-workers", {"script_id": "app"}, access_note=CLOUDFLARE_NOTE),
        Route("codefresh", no_counterpart="Infisical has no secret sync for Codefresh."),
        Route(
            "windmill",
            "windmill",
            {"workspace": "app_id"},
            asks={
                "path": (
                    "native secrets were named by their whole Windmill path, a sync has one path for all: rename the"
                    " secrets to the last part, one sync a path"
                )
            },
            access={"access-token": {"instance_url": "target_url"}},
            changes=(
                "Secrets named by a whole Windmill path must be renamed to its last part before the sync is made, or"
                " they come to stand below the path twice."
            ),
        ),
        Route(
            "digital-ocean-app-platform",
            "digital-ocean-app-platform",
            {"app_id": "app_id", "app_name": "app"},
            asks={"app_name": NAME_ONLY},
        ),
        Route("cloud-66", "cloud-66", {"stack_id": "app_id", "stack_name": "app"}, asks={"stack_name": NAME_ONLY}),
        Route(
            "northflank",
            "northflank",
            {
                "project_id": "app_id",
                "project_name": "app",
                "secret_group_id": "target_service_id",
                "secret_group_name": "target_service",
            },
        ),
        Route(
            "hasura-cloud",
            "hasura-cloud",
            {"tenant_id": "app_id", "project_name": "app"},
            asks={"project_id": "the native integration holds the tenant's id only", "project_name": NAME_ONLY},
        ),
        Route(
            "rundeck", "rundeck", access={"api-token": {"instance_url": "target_url|auth.target_url"}}, compute=_rundeck
        ),
        Route(
            "qovery",
            "qovery",
            {
                "organization_name": "owner",
                "project_id": "target_service_id",
                "project_name": "target_service",
                "environment_id": "target_environment_id",
                "environment_name": "target_environment",
                "variable_type": "=variable",
            },
            asks={"organization_id": "the native integration holds the organization's name at most"},
            deletes=False,
            changes=(
                "The native integration wrote variables of one application, container or job. A sync writes to the"
                " whole environment, or the whole project where no environment is known: other services see them, too."
            ),
        ),
        Route(
            "octopus-deploy",
            "octopus-deploy",
            {"space_id": "target_environment_id", "scope": "=project", "project_id": "app_id"},
            access={"api-key": {"instance_url": "auth.target_url"}},
            changes=(
                "The native integration replaced all variables of the project; the sync leaves the others alone for as"
                " long as it may not delete."
            ),
            compute=_octopus,
        ),
        Route(
            "hashicorp-vault",
            "hashicorp-vault",
            {"mount": "app", "path": "path"},
            access={
                "app-role": {"instance_url": "auth.target_url", "namespace": "auth.namespace"},
                "access-token": {"instance_url": "auth.target_url", "namespace": "auth.namespace"},
            },
        ),
    )
}

# --- the plan ---------------------------------------------------------------------------------------------------------


def plan_for(integration: View, auth: View | None, inputs: View | None = None) -> MigrationPlan:
    """Return what becomes of `integration`, whose auth is `auth` (views of the native modules; pure, nothing is sent).

    `inputs` are options of infisical_secret_sync that complete or correct what was worked out, nested as there or with
    dots (`destination_config.org`). A None takes a value away. With all of `missing` given, the plan is ready.
    """
    auth = auth if isinstance(auth, Mapping) else {}
    slug = str(integration.get("integration") or auth.get("integration") or "")
    route = ROUTES.get(slug)
    if route is None:
        return MigrationPlan(NO_COUNTERPART, f"{shown(slug)} is no native service that this collection knows.")
    if route.no_counterpart:
        return MigrationPlan(NO_COUNTERPART, route.no_counterpart)
    draft = _drafted(route, integration, auth)
    given, odd = _inputs(inputs)
    if draft.blocked and not (draft.unless and all(given.get(name) is not None for name in draft.unless)):
        return MigrationPlan(NO_COUNTERPART, f"There is no counterpart: {draft.blocked}", warnings=draft.warnings)
    sync = _sync(route, draft, given)
    missing = _missing(route, draft, sync, given)
    entry = sync_catalog.DESTINATIONS[route.destination]
    wanted = None if draft.deletes is None else not draft.deletes
    names = ", ".join(item["name"] for item in missing)
    return MigrationPlan(
        status=NEEDS_INPUTS if missing else READY,
        reason=f"The sync needs what the native integration doesn't tell: {names}."
        if missing
        else "Nothing is missing.",
        missing=missing,
        destination=route.destination,
        app=entry.app,
        methods=list(_methods(route, draft, entry.app)),
        sync=sync,
        restore_deletion=None if wanted == sync["sync_options"].get("disable_secret_deletion") else wanted,
        warnings=[
            *draft.warnings,
            *_unsure(sync),
            *(f"The input {name} is no option of a sync: unused." for name in odd),
        ],
    )


def _part(view: View, key: str) -> View:
    value = view.get(key)
    return value if isinstance(value, Mapping) else {}


def _drafted(route: Route, integration: View, auth: View) -> Draft:
    """Return what the views tell about the sync."""
    facts = {**_part(sync_catalog.from_api(auth), "metadata"), **auth}
    draft = Draft(integration, facts, deletes=route.deletes, warnings=[route.changes] if route.changes else [])
    draft.options.update(initial_sync_behavior=_behavior(route, draft), disable_secret_deletion=True)
    draft.options.update({option: draft.get(source) for option, source in route.options.items()})
    draft.config.update({option: draft.get(source) for option, source in route.config.items()})
    if route.compute:
        route.compute(draft)
    _key_schema(draft)
    return draft


def _behavior(route: Route, draft: Draft) -> str:
    """Return the sync's first behaviour: what the integration's was, unless it is spent or the sync has no such."""
    stated = draft.text("metadata.initial_sync_behavior")
    behavior = BEHAVIORS.get(stated, OVERWRITE)
    if not route.imports or behavior == OVERWRITE or draft.get("last_used"):
        return OVERWRITE
    if sync_catalog.DESTINATIONS[route.destination].can_import:
        return behavior
    draft.warnings.append(
        f"The integration was to import what the destination holds at its first sync ({stated}), and never ran; a sync"
        " can't import from there, and overwrites."
    )
    return OVERWRITE


def _key_schema(draft: Draft) -> None:
    before = draft.before_key + draft.text("metadata.secret_prefix")
    after = draft.text("metadata.secret_suffix")
    if not before and not after:
        return
    schema = f"{before}{SECRET_KEY}{after}"
    problems = list(sync_catalog.key_schema_problems(schema))
    if problems:
        draft.missing["sync_options.key_schema"] = (
            f"secrets are named {shown(f'{before}KEY{after}')} at the destination, and no key schema can say that"
            f" ({problems[0].rstrip('.')}); to give another means that they get other names."
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
            given.update((f"{name}.{inner}", item) for inner, item in sync_catalog.from_api(value).items())
        elif name in PLAIN_INPUTS or (group in ("destination_config", "sync_options") and option):
            given[name] = sync_catalog.from_api(value)
        else:
            odd.append(name)
    return given, odd


def _sync(route: Route, draft: Draft, given: View) -> dict[str, Any]:
    """Return the sync's options: what was worked out, with the inputs over it."""
    view = draft.integration
    object_id = str(view.get("id") or "")
    environment = draft.text("source_environment")
    config, options = dict(draft.config), dict(draft.options)
    sync: dict[str, Any] = {
        "name": re.sub(r"[^a-z0-9]+", "-", f"{route.slug}-{environment}-{object_id[:8]}".lower()).strip("-"),
        "description": f"{DESCRIPTION}{object_id}." if object_id else None,
        "destination": route.destination,
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
    config, options = sync_catalog.coerced(route.destination, config, options)
    sync = {name: value for name, value in sync.items() if value is not None}
    return {**sync, "destination_config": config, "sync_options": options}


def _missing(route: Route, draft: Draft, sync: View, given: View) -> list[dict[str, str]]:
    """Return what stands between the sync and its making, each thing once, the connection last."""
    whys = {name: why for name, why in draft.missing.items() if name not in given}
    for problem in _problems(sync):
        name = problem.field.partition("[")[0]
        option = name.partition(".")[2]
        unstated = sync.get(name.partition(".")[0], {}).get(option) in (None, "", [])
        whys.setdefault(name, f"{route.asks[option]}." if unstated and option in route.asks else problem.text)
    config, known = sync["destination_config"], _known(route.destination, sync["destination_config"])
    for option, why in route.asks.items():
        if option in known and config.get(option) is None:
            whys.setdefault(f"destination_config.{option}", f"{why}.")
    if not sync.get("environment"):
        whys["environment"] = "the native integration's source environment is unknown."
    if not (sync.get("connection_id") or sync.get("connection_name")):
        app_name = sync_catalog.APPS[sync_catalog.DESTINATIONS[route.destination].app].name
        note = f" {route.access_note}" if route.access_note else ""
        whys["connection_name"] = (
            f"the credentials of the native auth can't be read: a connection of {app_name} must be made, or one that is"
            f" there be named.{note}"
        )
    return [{"name": name, "why": why} for name, why in whys.items()]


def _known(destination: str, config: View) -> set[str]:
    """Return the options whose absence is worth a question: those required here, by the scope that is chosen."""
    entry = sync_catalog.DESTINATIONS[destination]
    settings = entry.settings_for(config.get("scope") or entry.default_scope)
    return {setting.name for setting in settings if setting.required}


def _problems(sync: View) -> Iterator[sync_catalog.Problem]:
    found = sync_catalog.check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
    return (problem for problem in found if problem.certain)


def _unsure(sync: View) -> Iterator[str]:
    found = sync_catalog.check_sync(sync["destination"], sync["destination_config"], sync["sync_options"])
    return (f"{problem.field}: {problem.text}" for problem in found if not problem.certain)


def _methods(route: Route, draft: Draft, app: str) -> Iterator[dict[str, Any]]:
    """Yield the connection's methods: those that the route names first, those that need a browser last."""
    methods = [method for method in sync_catalog.APPS[app].methods if method.verified]
    order = list(route.access)
    if draft.get("metadata.aws_iam_role|metadata.awsIamRole"):
        order.reverse()
    place = {name: index for index, name in enumerate(order)}
    for method in sorted(methods, key=lambda item: (item.browser_only, place.get(item.name, len(order)))):
        known = {name: draft.get(source) for name, source in route.access.get(method.name, {}).items()}
        prefilled = {name: value for name, value in known.items() if value is not None}
        yield {
            "method": method.name,
            "prefilled": prefilled,
            "asked": [item.name for item in method.credentials if item.required and item.name not in prefilled],
            "optional": [item.name for item in method.credentials if not item.required and item.name not in prefilled],
            "browser_only": method.browser_only,
        }
