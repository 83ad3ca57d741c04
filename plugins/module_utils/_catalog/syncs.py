# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Destinations of secret syncs: what is wrong with a sync's configuration, and what a server makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._errors import shown
from .check import check_fields, check_rules, in_full, opened, short, unknown
from .destinations import COMMON_OPTIONS, COMMON_RULES, DESTINATIONS, IMPORTS, OVERWRITE, Destination, destination
from .names import SECRET_KEY, did_you_mean, filled_in, in_kind, under_option_names
from .schema import FieldSpec, Problem

CONFIG = "destination_config"
OPTIONS = "sync_options"
# Keys of sync_options that no answer has, and that only answers have.
ONLY_SENT = frozenset(spec.name for entry in DESTINATIONS.values() for spec in entry.options if spec.only_sent)
ONLY_READ = frozenset(spec.name for entry in DESTINATIONS.values() for spec in entry.options if spec.only_read)
# What servers fill in where a configuration leaves it out.
FILLED_IN = {
    "gitlab": {"target_environment": "*"},
    "qovery": {"variable_type": "secret"},
    "external-infisical": {"secret_path": "/"},
}
REPLACED = {"recursive": "include_all_sub_folders"}
KEY_SCHEMA_TEXT = re.compile(r"[A-Za-z0-9_/-]*")


def check_sync(
    slug: object,
    destination_config: Any,
    sync_options: Any,
    *,
    complete: bool = True,
    entry: Destination | None = None,
    environment: object = None,
) -> list[Problem]:
    """Return everything that is wrong with a sync's `destination_config` and `sync_options` (option or API names).

    `None` counts as unspecified. With `complete` false, as for a part of an update, nothing unspecified is a problem.
    `entry` counts instead of the catalogue's. `environment` is the one of the secrets, where that is known.
    """
    entry = entry or destination(slug)
    if entry is None:
        return [unknown("destination", "secret sync destination", slug, did_you_mean(slug, DESTINATIONS))]
    config, problems = opened(CONFIG, destination_config)
    options, more = opened(OPTIONS, sync_options)
    return [
        *problems,
        *more,
        *_config_problems(entry, config, complete=complete),
        *_option_problems(entry, options, environment, complete=complete),
        *check_rules(
            (*COMMON_RULES, *entry.rules),
            {**in_full(CONFIG, config), **in_full(OPTIONS, options)},
            entry.name,
            complete=complete,
        ),
    ]


def unheeded_warning(entry: Destination) -> str:
    """Return what to say of a destination where the server doesn't heed `disable_secret_deletion`."""
    return (
        f"Each sync replaces {entry.whole} in {entry.name}: what Infisical doesn't have is lost. Servers without the"
        " vendor's fix ignore sync_options.disable_secret_deletion here."
    )


def everything_warning(
    entry: Destination, destination_config: Mapping[str, Any], sync_options: Mapping[str, Any]
) -> str:
    """Return what to say of a sync that may delete whatever an account holds, or an empty text (option names)."""
    whole = entry.everything
    if not whole or sync_options.get("disable_secret_deletion"):
        return ""
    if any(str(destination_config.get(key) or "").strip() != value for key, value in whole.when):
        return ""
    effect = "restricts the deletion to names that fit it" if whole.limited else "does not restrict the deletion"
    return (
        f"{CONFIG}.{whole.option} is {whole.value}: each sync deletes the secrets directly below {whole.below} in"
        f" {entry.name} that Infisical doesn't have, whoever made them. To keep them, set"
        f" {OPTIONS}.disable_secret_deletion to true; a key_schema {effect}."
    )


def one_secret_warnings(
    entry: Destination, destination_config: Mapping[str, Any], sync_options: Mapping[str, Any], *, keeps: bool
) -> Iterator[str]:
    """Yield what to say of a sync that writes all secrets into one (option names).

    `keeps`: the task asks that nothing is deleted, or makes the sync and does not say.
    """
    one = entry.one_secret
    if not one or not one.holds(destination_config):
        return
    when = f"with {CONFIG}.{one.option} {one.value}"
    schema = sync_options.get("key_schema")
    if isinstance(schema, str) and schema and one.renamed:
        secret = schema.replace(SECRET_KEY, str(destination_config.get(one.name) or ""))
        yield (
            f"{OPTIONS}.key_schema: {when} it renames the {one.what} in {entry.name}, to {shown(secret)}. The keys in"
            " it are as in Infisical."
        )
    if keeps:
        yield (
            f"{OPTIONS}.disable_secret_deletion: {when} each sync replaces all keys of the {one.what} in {entry.name},"
            " regardless of the setting. Keys in it that Infisical does not have are lost."
        )


def new_secrets_warnings(
    entry: Destination, before: Mapping[str, Any], destination_config: Mapping[str, Any]
) -> Iterator[str]:
    """Yield what to say of changes that secrets which the destination has already do not follow (option names)."""
    # A list each, or what a task that isn't checked says instead.
    for name in dict.fromkeys(item.name for item in entry.all_fields if item.for_new):
        was, will = (
            sorted(value, key=repr) if isinstance(value := config.get(name), list) else value or []
            for config in (before, destination_config)
        )
        if was != will:
            yield (
                f"{CONFIG}.{name}: the change only affects secrets that {entry.name} does not have yet. It can't be"
                " changed for those that it has."
            )


def _config_problems(entry: Destination, config: Mapping[str, Any], *, complete: bool) -> Iterator[Problem]:
    if not entry.all_fields:
        text = f"the settings of {entry.name} aren't in this collection's catalogue, so they were not checked."
        yield Problem("destination", text, certain=False)
        return
    # A part of an update may well leave out a scope that is kept.
    scope = config.get("scope") or (entry.default_scope if complete else "")
    known_scope = not entry.scopes or (isinstance(scope, str) and scope in entry.scopes)
    yield from check_fields(
        CONFIG,
        config,
        entry.fields_for(scope) if known_scope else entry.all_fields,
        complete=complete and known_scope,
        certain=entry.verified,
        names=[item.name for item in entry.all_fields],
    )
    if entry.scopes:
        yield from _scope_problems(entry, config, scope, complete=complete)


def _scope_problems(
    entry: Destination, config: Mapping[str, Any], scope: object, *, complete: bool
) -> Iterator[Problem]:
    one_of = f"one of {', '.join(entry.scopes)}"
    if complete and not config.get("scope"):
        if entry.only_new_servers_want_scope:
            text = f"newer servers require it: {one_of}; older ones know only {entry.default_scope}."
            yield Problem(f"{CONFIG}.scope", text, certain=False)
        elif not entry.default_scope:
            yield Problem(f"{CONFIG}.scope", f"it is missing: {one_of}.", entry.verified)
    if not isinstance(scope, str) or scope not in entry.scopes:
        return
    here = {item.name for item in entry.fields_for(scope)}
    for key in config:
        others = [name for name, own in entry.scopes.items() if any(item.name == key for item in own)]
        if key not in here and others:
            text = f"it has no effect with scope {scope}, only with {' or '.join(others)}."
            yield Problem(f"{CONFIG}.{key}", text, certain=False)


def _option_problems(
    entry: Destination, options: Mapping[str, Any], environment: object, *, complete: bool
) -> Iterator[Problem]:
    specs = (*COMMON_OPTIONS, *entry.options)
    # Where a destination is known from less than its sources, its further options aren't known at all.
    names = [item.name for item in specs] if entry.verified else list(options)
    for old, new in REPLACED.items():
        if old in options:
            yield Problem(f"{OPTIONS}.{old}", f"servers drop it. The option is called {new}.")
    known = {key: value for key, value in options.items() if key not in REPLACED}
    yield from check_fields(OPTIONS, known, specs, complete=complete, names=names)
    if options.get("initial_sync_behavior") in IMPORTS and not entry.can_import:
        sure = entry.can_import is False
        text = "doesn't support imports" if sure else "may not support imports"
        yield Problem(f"{OPTIONS}.initial_sync_behavior", f"{entry.name} {text}: only {OVERWRITE} is safe.", sure)
    schema = options.get("key_schema")
    if isinstance(schema, str) and schema:
        yield from _key_schema_problems(entry, schema, str(environment or "a"))
    if options.get("disable_secret_deletion") is True and entry.deletion_must_be_allowed:
        yield Problem(f"{OPTIONS}.disable_secret_deletion", f"{entry.name} takes only false, or nothing.")


def _key_schema_problems(entry: Destination, schema: str, environment: str) -> Iterator[Problem]:
    option = f"{OPTIONS}.key_schema"
    for text in key_schema_problems(schema):
        yield Problem(option, text)
    if entry.key_schema_is_path and schema.startswith("/"):
        yield Problem(option, f"it can't begin with a slash: each sync to {entry.name} would fail.")
    if entry.key_schema_is_path and "/" in schema.partition(SECRET_KEY)[2]:
        yield Problem(option, f"no slash can come after {SECRET_KEY}: each sync to {entry.name} would fail.")
    filled = schema.replace(SECRET_KEY, "a").replace("{{environment}}", environment)
    if entry.key_names and not re.fullmatch(entry.key_names.pattern, filled):
        yield Problem(option, f"{shown(schema)} is not {entry.key_names.shape}.", entry.key_names.certain)
    if entry.key_schema is False:
        yield Problem(option, f"{entry.name} doesn't use a key schema.")


def import_problems(entry: Destination | None) -> list[Problem]:
    """Return what is wrong with an import of what a destination holds."""
    if entry is None or entry.can_import is not False:
        return []
    return [Problem("import_secrets", f"{entry.name} doesn't support imports: leave it out.")]


def key_schema_problems(schema: str) -> Iterator[str]:
    """Yield what is wrong with a key schema that isn't empty."""
    if SECRET_KEY not in schema:
        yield f"it must have {SECRET_KEY} in it (in a playbook: mark the value !unsafe)."
    rest = schema.replace(SECRET_KEY, "").replace("{{environment}}", "")
    if not KEY_SCHEMA_TEXT.fullmatch(rest):
        odd = "".join(sorted(set(re.sub(KEY_SCHEMA_TEXT, "", rest))))
        yield f"{shown(odd)} can't be in it: only letters, digits, _, - and / are allowed around the placeholders."


def coerced(slug: object, destination_config: Any, sync_options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return both mappings under option names, unspecified values left out, each value in the kind that is asked for.

    What can't be turned stays as it is; `check_sync` tells about it. An unknown destination's config stays as given.
    """
    entry = destination(slug)
    config, options = under_option_names(destination_config), under_option_names(sync_options)
    known: tuple[FieldSpec, ...] = ()
    if entry:
        scope = config.get("scope") or entry.default_scope
        # A part of an update may well leave out a scope that is kept.
        known = entry.fields_for(scope) if scope or not entry.scopes else entry.all_fields
    return in_kind(config, known), in_kind(options, (*COMMON_OPTIONS, *(entry.options if entry else ())))


def without_empty(slug: object, option: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of `destination_config` or `sync_options` (option names) without empty texts for what may be
    left out: the server refuses many of them, and has nothing where there is nothing.
    """
    entry = destination(slug)
    specs: tuple[FieldSpec, ...] = ()
    if entry:
        specs = entry.all_fields if option == CONFIG else (*COMMON_OPTIONS, *entry.options)
    return filled_in(values, specs)


def as_stored(slug: object, destination_config: Any) -> dict[str, Any]:
    """Return a configuration under option names, without what servers cut off the ends of values."""
    entry = destination(slug)
    cuts = {item.name: item.cut for item in entry.all_fields if item.cut} if entry else {}
    return {
        key: value.strip().strip(cuts[key]) if key in cuts and isinstance(value, str) else value
        for key, value in under_option_names(destination_config).items()
    }


def without_effect(slug: object, destination_config: Any, sync_options: Any) -> tuple[set[str], set[str]]:
    """Return the keys in both mappings (under option names) that a server drops: of another scope, or ignored."""
    entry = destination(slug)
    if entry is None:
        return set(), set()
    config = under_option_names(destination_config)
    values = {**in_full(CONFIG, config), **in_full(OPTIONS, under_option_names(sync_options))}
    ignored = {
        name
        for rule in entry.rules
        if values.get(rule.field) in rule.values
        for name in (*rule.ignores, *rule.excludes)
        if name in values
    }
    scope = config.get("scope") or entry.default_scope
    if isinstance(scope, str) and scope in entry.scopes:
        elsewhere = {item.name for item in entry.all_fields} - {item.name for item in entry.fields_for(scope)}
        ignored |= {f"{CONFIG}.{name}" for name in elsewhere & config.keys()}
    return (
        {short(name) for name in ignored if name.startswith(f"{CONFIG}.")},
        {short(name) for name in ignored if name.startswith(f"{OPTIONS}.")},
    )
