# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is special about each service that native integrations write to, as data: one entry a service."""

from __future__ import annotations

import base64
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .._errors import shown
from .problems import Problem

DESTINATION_FIELDS = (
    "app",
    "app_id",
    "owner",
    "path",
    "region",
    "scope",
    "target_environment",
    "target_environment_id",
    "target_service",
    "target_service_id",
    "target_url",
)
# Every service has these: each secret is renamed before the service is written to.
COMMON_METADATA = ("secret_prefix", "secret_suffix")
CREDENTIALS = ("access_id", "access_token", "refresh_token", "aws_assume_iam_role_arn")
URL = re.compile(r"https?://[^\s/]+.*")


@dataclass(frozen=True)
class Values:
    """What a field may hold: one of `choices`, or text that `pattern` fits (`shape` says that in words).

    `certain` is false where other values may do as well, or where a newer server may know more of them.
    """

    choices: tuple[str, ...] = ()
    pattern: str = ""
    shape: str = ""
    certain: bool = True


@dataclass(frozen=True)
class Need:
    """Where `field` has one of `values` (none named: any at all; "" is unset), the fields in `needs` must be set.

    With `to_be`, they must have one of these values.
    """

    field: str
    values: tuple[str, ...]
    needs: tuple[str, ...]
    to_be: tuple[str, ...] = ()
    certain: bool = True


@dataclass(frozen=True)
class Service:
    """One service.

    Where it writes: `destination` are the options that say where the secrets go, and all of them but those in
    `optional` are needed. `destination_by_scope` is the same where it depends on `scope`; `default_scope` is what the
    service takes for none. `display`: options that are names for display. What is in neither is not used. `named_by`:
    an option that, where it is set, makes others (its values) mere names for display. `identity_metadata`: metadata
    that separates destinations as well. `metadata`: all that it uses, the prefix and suffix that every service has left
    aside. `shares_destination`: a metadata key and value under which several integrations may write side by side.
    `values`, `needs`: what fields may hold, and what one asks of another; metadata is named `metadata.<key>`.

    How it is authorised: `credentials` are alternatives, each the options that it takes. `access_id` says what that
    option is, and `public_access_id` that it is no secret (an account number, a key id). `auth_url`: whether the auth's
    `target_url` is required, optional, or (empty) not used. `auth_values`: what its options may hold. `by_browser`:
    what to do where an auth made here is of limited use, since the service is authorised in a browser.
    `can_delete_secrets`: deleting an integration can delete what it wrote.
    """

    slug: str
    name: str
    destination: tuple[str, ...] = DESTINATION_FIELDS
    optional: tuple[str, ...] = ()
    display: tuple[str, ...] = ()
    destination_by_scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_scope: str = ""
    named_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    metadata: tuple[str, ...] = ()
    identity_metadata: tuple[str, ...] = ()
    shares_destination: tuple[str, str] | None = None
    values: Mapping[str, Values] = field(default_factory=dict)
    needs: tuple[Need, ...] = ()
    credentials: tuple[tuple[str, ...], ...] = (("access_token",),)
    access_id: str = ""
    public_access_id: bool = False
    auth_url: str = ""
    auth_values: Mapping[str, Values] = field(default_factory=dict)
    by_browser: str = ""
    can_delete_secrets: bool = False

    def destination_for(self, scope: object) -> tuple[str, ...]:
        """Return the options that say where the secrets go under a scope."""
        return self.destination_by_scope.get(str(scope or self.default_scope), self.destination)

    def required(self, scope: object = None) -> tuple[str, ...]:
        """Return the options without which nothing can be written."""
        unneeded = {*self.optional, *(("scope",) if self.default_scope else ())}
        return tuple(option for option in self.destination_for(scope) if option not in unneeded)

    @property
    def used(self) -> tuple[str, ...]:
        """The options that it uses under any scope, or keeps as names for display, in a fixed order."""
        by_scope = (option for options in self.destination_by_scope.values() for option in options)
        own = () if self.destination_by_scope else self.destination
        known = {*own, *by_scope, *self.display}
        return tuple(option for option in DESTINATION_FIELDS if option in known)

    @property
    def known(self) -> bool:
        return self.slug in SERVICES


AWS_KEYS = (("access_id", "access_token"), ("aws_assume_iam_role_arn",))
AWS_ROLE = Values(
    pattern=r"arn:aws[a-z-]*:iam::\d{12}:role/\S+",
    shape="the ARN of a role, such as arn:aws:iam::123456789012:role/infisical",
    certain=False,
)
REGION = Values(pattern=r"[a-z]{2,4}(-[a-z]+)+-\d", shape="the name of an AWS region, such as us-east-1", certain=False)
PLAIN_URL = Values(pattern=r"https?://\S+[^\s/]", shape="an address without a slash at its end", certain=False)
# What a machine identity can't do: the exchange that gives these a refresh token happens in a browser.
OWN_CLIENT = (
    "a refresh_token is good only if it was issued to the OAuth client that this Infisical server is set up with; where"
    " there is none, authorise the service on Infisical's web page and manage the auth from here by its id."
)
DURATION = ("an access_token alone works until it expires; ", OWN_CLIENT)

SERVICES = {
    service.slug: service
    for service in (
        Service(
            "aws-parameter-store",
            "AWS Parameter Store",
            ("path", "region"),
            metadata=("should_disable_delete", "secret_aws_tag", "kms_key_id"),
            values={
                "region": REGION,
                "path": Values(
                    pattern=r"/.*/|/",
                    shape="a path that starts and ends in a slash, since names are put right behind it",
                    certain=False,
                ),
            },
            credentials=AWS_KEYS,
            access_id="the id of an access key",
            public_access_id=True,
            auth_values={"aws_assume_iam_role_arn": AWS_ROLE},
        ),
        Service(
            "aws-secret-manager",
            "AWS Secrets Manager",
            ("app", "region"),
            optional=("app",),
            metadata=("mapping_behavior", "secret_aws_tag", "metadata_sync_mode", "kms_key_id"),
            shares_destination=("mapping_behavior", "one-to-one"),
            values={"region": REGION},
            needs=(
                Need("metadata.mapping_behavior", ("many-to-one", ""), ("app",)),
                Need(
                    "metadata.metadata_sync_mode",
                    ("secret-metadata",),
                    ("metadata.mapping_behavior",),
                    to_be=("one-to-one",),
                ),
            ),
            credentials=AWS_KEYS,
            access_id="the id of an access key",
            public_access_id=True,
            auth_values={"aws_assume_iam_role_arn": AWS_ROLE},
        ),
        Service(
            "azure-app-configuration",
            "Azure App Configuration",
            ("app",),
            metadata=("initial_sync_behavior", "azure_label"),
            identity_metadata=("azure_label",),
            values={"app": Values(pattern=r"https?://\S+\.azconfig\.io", shape="an address that ends in .azconfig.io")},
            credentials=(("refresh_token",), ("access_token",)),
            by_browser="".join(DURATION),
        ),
        Service(
            "azure-devops",
            "Azure DevOps",
            ("app", "app_id"),
            auth_url="optional",
        ),
        Service(
            "azure-key-vault",
            "Azure Key Vault",
            ("app",),
            metadata=("initial_sync_behavior",),
            values={
                "app": Values(
                    pattern=r"https://\S+", shape="a vault's address, such as https://my.vault.azure.net", certain=False
                )
            },
            credentials=(("refresh_token",), ("access_token",)),
            by_browser="".join(DURATION),
        ),
        Service(
            "bitbucket",
            "Bitbucket",
            ("app_id", "target_environment_id", "target_service_id"),
            optional=("target_service_id",),
            display=("app", "target_environment", "target_service"),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=OWN_CLIENT,
        ),
        Service(
            "checkly",
            "Checkly",
            ("app_id", "target_service_id"),
            optional=("target_service_id",),
            display=("app", "target_service"),
        ),
        Service(
            "circleci",
            "CircleCI",
            ("scope", "app_id", "owner", "app"),
            optional=("app_id", "owner", "app"),
            default_scope="project",
            named_by={"app_id": ("owner", "app")},
            values={"scope": Values(("project", "context"), certain=False)},
            needs=(Need("app_id", ("",), ("owner", "app"), certain=False),),
        ),
        Service("cloud-66", "Cloud 66", ("app_id",), display=("app",)),
        Service(
            "cloudflare-pages",
            "Cloudflare Pages",
            ("app", "target_environment"),
            display=("app_id",),
            metadata=("should_auto_redeploy",),
            values={"target_environment": Values(("production", "preview"))},
            credentials=(("access_id", "access_token"),),
            access_id="the id of the account",
            public_access_id=True,
        ),
        Service(
            "cloudflare-workers",
            "Cloudflare Workers",
            ("app",),
            display=("app_id",),
            credentials=(("access_id", "access_token"),),
            access_id="the id of the account",
            public_access_id=True,
        ),
        Service("codefresh", "Codefresh", ("app_id",), display=("app",)),
        Service("databricks", "Databricks", ("app",), auth_url="required", auth_values={"target_url": PLAIN_URL}),
        Service("digital-ocean-app-platform", "Digital Ocean App Platform", ("app_id",), display=("app",)),
        Service("flyio", "Fly.io", ("app",)),
        Service(
            "gcp-secret-manager",
            "GCP Secret Manager",
            ("app_id",),
            display=("app",),
            metadata=("secret_gcp_label",),
            credentials=(("refresh_token",),),
        ),
        Service(
            "github",
            "GitHub",
            destination_by_scope={
                "github-repo": ("scope", "owner", "app"),
                "github-org": ("scope", "owner"),
                "github-env": ("scope", "app_id", "target_environment_id"),
            },
            default_scope="github-repo",
            display=("app", "owner", "app_id", "target_environment"),
            metadata=("github_visibility", "github_visibility_repo_ids", "should_enable_delete"),
            values={
                "scope": Values(("github-repo", "github-org", "github-env")),
                "metadata.github_visibility_repo_ids": Values(
                    pattern=r"\d+", shape="the numbers of repositories", certain=False
                ),
            },
            needs=(
                Need("metadata.github_visibility", (), ("scope",), to_be=("github-org",), certain=False),
                Need(
                    "metadata.github_visibility", ("selected",), ("metadata.github_visibility_repo_ids",), certain=False
                ),
            ),
            can_delete_secrets=True,
        ),
        Service(
            "gitlab",
            "GitLab",
            ("app_id", "target_environment"),
            display=("app",),
            metadata=("should_mask_secrets", "should_protect_secrets", "initial_sync_behavior"),
            values={
                "metadata.initial_sync_behavior": Values(("overwrite-target", "prefer-source"), certain=False),
            },
            credentials=(("access_token",), ("refresh_token",)),
            auth_url="optional",
        ),
        Service(
            "hashicorp-vault",
            "HashiCorp Vault",
            ("app", "path"),
            credentials=(("access_id", "access_token"),),
            access_id="the role id of an AppRole",
            auth_url="required",
        ),
        Service("hasura-cloud", "Hasura Cloud", ("app_id",), display=("app",)),
        Service(
            "heroku",
            "Heroku",
            ("app",),
            metadata=("initial_sync_behavior",),
            credentials=(("refresh_token",), ("access_token",)),
            by_browser=OWN_CLIENT,
        ),
        Service(
            "laravel-forge",
            "Laravel Forge",
            ("app_id",),
            display=("app",),
            credentials=(("access_id", "access_token"),),
            access_id="the number of the server",
            public_access_id=True,
        ),
        Service(
            "netlify",
            "Netlify",
            ("app_id", "target_environment"),
            display=("app",),
            by_browser=(
                "Netlify needs an account id that only its login in a browser fills in, so that an auth made here can't"
                " write: authorise it on Infisical's web page, and manage its integrations from here."
            ),
        ),
        Service(
            "northflank",
            "Northflank",
            ("app_id", "target_service_id"),
            display=("app", "target_service"),
        ),
        Service(
            "octopus-deploy",
            "Octopus Deploy",
            ("scope", "app_id", "target_environment_id"),
            default_scope="project",
            display=("app", "target_environment"),
            metadata=("octopus_deploy_scope_values",),
            identity_metadata=("octopus_deploy_scope_values",),
            values={"scope": Values(("project",), certain=False)},
            auth_url="required",
        ),
        Service(
            "qovery",
            "Qovery",
            ("scope", "app_id"),
            display=(
                "app",
                "owner",
                "target_service",
                "target_service_id",
                "target_environment",
                "target_environment_id",
            ),
            values={"scope": Values(("application", "container", "job"), certain=False)},
        ),
        Service(
            "railway",
            "Railway",
            ("app_id", "target_environment_id", "target_service_id"),
            optional=("target_service_id",),
            display=("app", "target_environment", "target_service"),
        ),
        Service("render", "Render", ("app_id",), display=("app",), metadata=("should_auto_redeploy",)),
        Service(
            "rundeck",
            "Rundeck",
            ("target_url", "path"),
            values={"path": Values(pattern=r"keys(/.*)?", shape="a path below keys/", certain=False)},
            auth_url="optional",
        ),
        Service("supabase", "Supabase", ("app_id",), display=("app",)),
        Service(
            "teamcity",
            "TeamCity",
            ("app_id", "target_environment_id"),
            optional=("target_environment_id",),
            display=("app", "target_environment"),
            needs=(
                Need("target_environment_id", (), ("target_environment",)),
                Need("target_environment", (), ("target_environment_id",)),
            ),
            auth_url="required",
        ),
        Service(
            "terraform-cloud",
            "Terraform Cloud",
            ("app_id", "target_service"),
            display=("app",),
            metadata=("initial_sync_behavior",),
            values={"target_service": Values(("env", "terraform"))},
            credentials=(("access_token",), ("access_id", "access_token")),
            access_id="the id of the workspace",
            public_access_id=True,
        ),
        Service("travisci", "Travis CI", ("app_id",), display=("app",)),
        Service(
            "vercel",
            "Vercel",
            ("app", "target_environment", "path"),
            optional=("path",),
            display=("app_id",),
            metadata=("initial_sync_behavior",),
            values={
                "target_environment": Values(
                    pattern=r"development|preview|production|env_\w+",
                    shape="development, preview, production, or the id of an environment of your own (env_...)",
                    certain=False,
                ),
                "metadata.initial_sync_behavior": Values(("overwrite-target", "prefer-source")),
            },
            needs=(Need("path", (), ("target_environment",), to_be=("preview",), certain=False),),
            by_browser=(
                "an access_token reaches personal projects only; for a team's, authorise Vercel on Infisical's web page"
                " and manage its integrations from here."
            ),
        ),
        Service("windmill", "Windmill", ("app_id", "target_url"), optional=("target_url",), display=("app",)),
    )
}


def service(slug: str | None) -> Service:
    """Return the entry for `slug`; for one that is not listed, an entry in which every field counts."""
    return SERVICES.get(slug or "") or Service(slug or "", slug or "this service")


def near_matches(slug: str, known: list[str] | None = None) -> list[str]:
    """Return up to three known slugs (of `known`, or of the catalogue) that `slug` may be a misspelling of."""
    names = sorted(known if known is not None else SERVICES)
    folded = slug.strip().lower().replace("_", "-").replace(" ", "-")
    close = difflib.get_close_matches(folded, names, n=3, cutoff=0.6)
    return close or [name for name in names if folded and (folded in name or name in folded)][:3]


def destination(slug: str, view: Mapping) -> tuple[tuple[str, object], ...]:
    """Return what of `view` (an integration in option names) says where its secrets go, in comparable form.

    Missing values count as empty. Two integrations with equal results write to the same place, given one auth.
    """
    entry = service(slug)
    scope = view.get("scope") or entry.default_scope
    for_display = {name for key, others in entry.named_by.items() if view.get(key) for name in others}
    values = []
    for name in entry.destination_for(scope):
        if name in for_display:
            continue
        value = scope if name == "scope" else view.get(name)
        values.append((name, str(value or "").strip()))
    metadata = view.get("metadata") or {}
    values.extend((key, _comparable(metadata.get(key))) for key in entry.identity_metadata)
    return tuple(values)


def _comparable(value: object) -> object:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _comparable(item)) for key, item in value.items() if item))
    if isinstance(value, list | tuple):
        return tuple(sorted(str(item) for item in value))
    return "" if value is None else value


def check_integration(slug: str, wanted: Mapping, *, complete: bool) -> list[Problem]:
    """Return what is wrong with the options of an integration.

    `complete`: they are all there is, and nothing is on the server yet; otherwise what they don't tell is left aside.
    """
    entry = service(slug)
    if not entry.known:
        return []
    stated = {option: wanted.get(option) for option in DESTINATION_FIELDS}
    stated.update({f"metadata.{key}": value for key, value in (wanted.get("metadata") or {}).items()})
    if complete and not stated["scope"]:
        stated["scope"] = entry.default_scope
    problems = list(_wrong_values(entry.values, stated))
    if stated["target_url"] and not URL.fullmatch(str(stated["target_url"]).strip()):
        problems.append(Problem("target_url", f"{shown(stated['target_url'])} is not an address (https://host)."))
    for need in entry.needs:
        problems.extend(_unmet(entry, need, stated, complete))
    if complete:
        known_scope = not entry.destination_by_scope or stated["scope"] in entry.destination_by_scope
        missing = entry.required(stated["scope"]) if known_scope else ()
        named = {problem.field for problem in problems}
        problems.extend(
            Problem(option, f"is missing: {entry.name} can't be written to without it.")
            for option in missing
            if not stated[option] and option not in named
        )
    used = {*entry.used, *(f"metadata.{key}" for key in (*COMMON_METADATA, *entry.metadata))}
    problems.extend(
        Problem(option, f"is not used for {entry.name}.", certain=False)
        for option, value in stated.items()
        if value not in (None, "", [], {}, False) and option not in used
    )
    return problems


def _wrong_values(allowed: Mapping[str, Values], stated: Mapping) -> Iterator[Problem]:
    for option, values in allowed.items():
        value = stated.get(option)
        for item in value if isinstance(value, list | tuple) else [value]:
            text = str(item or "").strip()
            if text and values.choices and text not in values.choices:
                near = difflib.get_close_matches(text.lower(), values.choices, n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                yield Problem(
                    option, f"{shown(text)} is not one of {', '.join(values.choices)}.{hint}", certain=values.certain
                )
            elif text and values.pattern and not re.fullmatch(values.pattern, text):
                yield Problem(option, f"{shown(text)} should be {values.shape}.", certain=values.certain)


def _unmet(entry: Service, need: Need, stated: Mapping, complete: bool) -> Iterator[Problem]:
    value = stated.get(need.field)
    if value is None and not complete:
        return
    text = str(value or "")
    if (text not in need.values) if need.values else not text:
        return
    for option in need.needs:
        other = stated.get(option)
        if other is None and not complete:
            continue
        if need.to_be and str(other or "") not in need.to_be:
            text = f"must be {' or '.join(need.to_be)} with {need.field} {shown(value)}."
        elif not need.to_be and not other:
            because = f"with {need.field} {shown(value)}" if value else f"where {need.field} is not set"
            text = f"is missing: {entry.name} needs it {because}."
        else:
            continue
        yield Problem(option, text, certain=need.certain)


def check_auth(slug: str, wanted: Mapping, credentials: Mapping, *, complete: bool) -> list[Problem]:
    """Return what is wrong with the options of an auth; never shows a credential. For `complete` see above."""
    entry = service(slug)
    if not entry.known:
        return []
    url = str(wanted.get("target_url") or "").strip()
    problems = []
    if url and not URL.fullmatch(url):
        problems.append(Problem("target_url", f"{shown(url)} is not an address (https://host)."))
    else:
        problems.extend(_wrong_values(entry.auth_values, {**credentials, "target_url": url}))
    if url and not entry.auth_url:
        problems.append(Problem("target_url", f"is not used for {entry.name}.", certain=False))
    usable = {option for options in entry.credentials for option in options}
    given = [option for option in CREDENTIALS if credentials.get(option)]
    for option in given:
        if option in usable:
            continue
        # A token for a service without an exchange, or a role for one that is not in AWS, makes the server fail.
        certain = option in ("refresh_token", "aws_assume_iam_role_arn")
        problems.append(Problem(option, f"is not what {entry.name} takes.{_takes(entry)}", certain=certain))
    problems.extend(_malformed(entry, credentials))
    if complete:
        if entry.auth_url == "required" and not url:
            problems.append(Problem("target_url", f"is missing: {entry.name} is reached at an address of its own."))
        problems.extend(_incomplete(entry, given))
        if entry.by_browser:
            problems.append(Problem("integration", f"{slug}: {entry.by_browser}", certain=False))
    return problems


def _takes(entry: Service) -> str:
    ways = " or ".join(" and ".join(options) for options in entry.credentials)
    return f" It takes {ways}."


def _incomplete(entry: Service, given: list[str]) -> Iterator[Problem]:
    if not given or any(set(options) <= set(given) for options in entry.credentials):
        return
    begun = [options for options in entry.credentials if set(options) & set(given)] or list(entry.credentials)
    for option in begun[0]:
        if option not in given:
            what = f" ({entry.access_id})" if option == "access_id" and entry.access_id else ""
            yield Problem(option, f"is missing{what}.{_takes(entry)}")


def _malformed(entry: Service, credentials: Mapping) -> Iterator[Problem]:
    if entry.slug == "gcp-secret-manager" and credentials.get("refresh_token"):
        try:
            account = json.loads(credentials["refresh_token"])
            whole = bool(account["client_email"] and account["private_key"])
        except (ValueError, TypeError, KeyError):
            whole = False
        if not whole:
            yield Problem(
                "refresh_token", "is not the JSON of a service account, with client_email and private_key, as a string."
            )
    if entry.slug == "azure-devops" and credentials.get("access_token"):
        try:
            plain = base64.b64decode(credentials["access_token"], validate=True)
        except ValueError:
            plain = b""
        if b":" not in plain:
            yield Problem(
                "access_token",
                "should be the base64 form of a colon and the personal access token: {{ (':' ~ token) | b64encode }}.",
                certain=False,
            )
