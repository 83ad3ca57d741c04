# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of services and the table in SECURITY.md from the catalogues, and make the pages of single services.

The examples are those that the tests of the catalogues use, with variables in the place of credentials.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import collection_tree
import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "docsite" / "rst" / "services.rst"
SECURITY = ROOT / "SECURITY.md"
sys.path[:0] = [str(collection_tree.build(ROOT, ROOT / ".cache" / "collections")), str(ROOT / "tests")]

from ansible_collections.community.infisical.plugins.module_utils._catalog.apps import APPS  # noqa: E402
from ansible_collections.community.infisical.plugins.module_utils._catalog.destinations import (  # noqa: E402
    DESTINATIONS,
    Destination,
    Together,
)
from ansible_collections.community.infisical.plugins.module_utils._catalog.schema import FieldSpec, Rule  # noqa: E402
from ansible_collections.community.infisical.plugins.module_utils._catalog.services import (  # noqa: E402
    COMMON_METADATA,
    DELETES,
    KEEPS,
    REPLACES,
    SERVICES,
    Service,
)
from ansible_collections.community.infisical.plugins.module_utils._migration.counterparts import COUNTERPARTS  # noqa: E402
from contract.sync_examples import CREDENTIALS, EXAMPLES  # noqa: E402
from playbooks.services import CASES, MORE_CASES  # noqa: E402

MODULES = "ansible_collections.community.infisical.plugins.modules"
SOURCE = {"source_environment": "dev", "secret_path": "/app"}


NATIVES = sorted(SERVICES.values(), key=lambda entry: entry.slug)
SYNCS = sorted(DESTINATIONS.values(), key=lambda entry: entry.slug)


def table(linked: bool = False) -> str:
    """Return the page of services; `linked` as the site shows it, where each name leads to a page."""
    template = _templates().get_template("services.rst.j2")
    return tidy(
        template.render(
            linked=linked,
            natives=NATIVES,
            routes=COUNTERPARTS,
            deleted=deleted,
            syncs=SYNCS,
            apps=sorted(APPS.values(), key=lambda entry: entry.slug),
            with_page=with_page(),
        )
    )


def pages() -> dict[str, str]:
    """Return the pages of the services and destinations: the path in the site, and the text in RST."""
    service, destination = (_templates().get_template(f"{name}.rst.j2") for name in ("service", "destination"))
    described = _metadata_descriptions()
    found = {}
    for entry in NATIVES:
        example = native_example(entry)
        found[f"services/{entry.slug}.rst"] = service.render(
            entry=entry,
            deleted=sentence(f"each sync {deleted(entry).partition('. ')[0]}"),
            route=COUNTERPARTS[entry.slug],
            successor=DESTINATIONS.get(COUNTERPARTS[entry.slug].destination),
            described=described,
            such_as=CASES[entry.slug].where,
            example=as_yaml(example),
            count=len(example[0]["tasks"]),
            identity_metadata=[f"metadata.{key}" for key in entry.identity_metadata],
            needs=[need_text(rule) for rule in entry.rules],
            specs={item.name: item for item in entry.all_fields},
            common=COMMON_METADATA,
        )
    for entry in SYNCS:
        if entry.slug in with_page():
            found[f"destinations/{entry.slug}.rst"] = destination.render(
                entry=entry,
                app=APPS[entry.app],
                natives=[route.slug for route in COUNTERPARTS.values() if route.destination == entry.slug],
                rules=[text for rule in entry.rules for text in rule_texts(rule)],
                example=as_yaml(sync_example(entry)),
                form=form,
            )
    return {name: tidy(text) for name, text in found.items()}


def with_page() -> set[str]:
    """Return the destinations that have a page: an example takes known settings, and a connection without a browser."""
    apps = {app for app, _method in CREDENTIALS}
    return {entry.slug for entry in SYNCS if entry.verified and entry.all_fields and entry.app in apps}


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - RST
    )
    environment.filters.update(code=code, escaped=escaped, listed=listed, rst=rst, sentence=sentence)
    environment.globals.update(heading=heading, condition=condition)
    return environment


# --- examples ---------------------------------------------------------------------------------------------------------


def play(name: str, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": tasks}]


def native_example(entry: Service) -> list[dict[str, Any]]:
    slug, case = entry.slug, CASES[entry.slug]
    credentials = {option: variable(slug, option) for option in entry.credentials[0]}
    place = {option: case.auth[option] for option in ("target_url", "namespace") if option in case.auth}
    project = {"project_id": "{{ project_id }}"}
    auth = {**project, "integration": slug, **place, **credentials}
    cases = [case, *(further for way, further in MORE_CASES.items() if way.startswith(f"{slug},"))]
    wanted = [{**one.where, **({"metadata": dict(one.metadata)} if one.metadata else {})} for one in cases]
    writes = [
        task(
            f"Write the folder /app of dev to {entry.name}" + (f" ({where['scope']})" if len(wanted) > 1 else ""),
            "infisical_integration",
            {**project, "integration_auth_id": "{{ auth.integration_auth.id }}", **SOURCE, **where},
        )
        for where in wanted
    ]
    authorise = task(f"Let Infisical into {entry.name}", "infisical_integration_auth", auth)
    return play(f"Keep {entry.name} in step with Infisical", [{**authorise, "register": "auth"}, *writes])


def sync_example(entry: Destination) -> list[dict[str, Any]]:
    method, values = next((key[1], value) for key, value in CREDENTIALS.items() if key[0] == entry.app)
    ways = {item.name: item for item in APPS[entry.app].method(method).credentials}
    credentials = {
        name: variable(entry.app, name) if ways[name].secret or name.endswith("_id") else value
        for name, value in values.items()
    }
    project = {"project_id": "{{ project_id }}"}
    connection = {"app": entry.app, "method": method, "name": f"{entry.app}-dev", **project, "credentials": credentials}
    tasks = [
        {
            **task(f"Connect to {APPS[entry.app].name}", "infisical_app_connection", connection),
            "register": "connected",
        }
    ]
    by_scope: dict[str, Any] = {}
    for example in EXAMPLES.values():
        if example.destination == entry.slug and not example.dropped:
            by_scope.setdefault(str(example.config.get("scope", "")), example)
    for scope, example in by_scope.items():
        several = len(by_scope) > 1
        options = {
            **project,
            "name": f"{entry.slug}-{scope}-dev" if several else f"{entry.slug}-dev",
            "destination": entry.slug,
            "connection_id": "{{ connected.app_connection.id }}",
            "environment": "dev",
            "secret_path": "/app",
            "destination_config": example.config,
            **({"sync_options": example.options} if example.options else {}),
        }
        title = f"Write the folder /app of dev to {entry.name}" + (f" ({scope})" if several else "")
        tasks.append(task(title, "infisical_secret_sync", options))
    return play(f"Keep {entry.name} in step with Infisical", tasks)


def task(name: str, module: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, f"community.infisical.{module}": dict(options)}


def variable(*parts: str) -> str:
    return "{{ " + re.sub(r"[^a-z0-9]+", "_", "_".join(parts)).replace("1password", "onepassword") + " }}"


class Dumper(yaml.SafeDumper):
    """YAML as playbooks are written: lists indented, templates in double quotes."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if "{{" in value else None)


Dumper.add_representer(str, _text)


def as_yaml(plays: list[dict[str, Any]]) -> str:
    text = yaml.dump(plays, Dumper=Dumper, sort_keys=False, width=200).rstrip()
    return re.sub(r"\n(    - name:)", r"\n\n\1", text).replace("tasks:\n\n", "tasks:\n")


def heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def tidy(text: str) -> str:
    """Return a page without the blanks that empty cells leave, and with one blank line at a time."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" +$", "", text, flags=re.MULTILINE))


# --- words ------------------------------------------------------------------------------------------------------------


def code(names: Iterable[str]) -> str:
    return ", ".join(f"``{name}``" for name in names)


def listed(names: Iterable[str], last: str = "and") -> str:
    marked = [f"``{name}``" for name in names]
    return f"{', '.join(marked[:-1])} {last} {marked[-1]}" if len(marked) > 1 else "".join(marked)


def sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


def escaped(text: str) -> str:
    """Return RST that shows a text as it is."""
    return re.sub(r"[*_]", r"\\\g<0>", text)


def rst(text: str) -> str:
    """Return a text of the modules' documentation in RST."""
    text = re.sub(r"[OVCE]\(([^()]*)\)", lambda match: f"``{match[1].replace('=', ': ')}``", text)
    return re.sub(r"I\(([^()]*)\)", r"*\1*", text)


def _metadata_descriptions() -> dict[str, str]:
    module = importlib.import_module(f"{MODULES}.infisical_integration")
    options = yaml.safe_load(module.DOCUMENTATION)["options"]["metadata"]["suboptions"]
    first = {
        name: option["description"] if isinstance(option["description"], str) else " ".join(option["description"])
        for name, option in options.items()
    }
    return {name: rst(text) for name, text in first.items()}


def need_text(rule: Rule) -> str:
    """Say in words what one option of a native integration asks of another."""
    stated = [value for value in rule.values if value]
    if not rule.values:
        when = f"Where ``{rule.field}`` is set"
    elif not stated:
        when = f"Where ``{rule.field}`` is not set"
    else:
        when = f"With ``{rule.field}: {'`` or ``'.join(stated)}``" + (" (or unset)" if "" in rule.values else "")
    what = [f"``{name}`` must be {listed(values, 'or')}" for name, values in rule.demands]
    if rule.needs:
        what.append(f"{listed(rule.needs)} {'are' if len(rule.needs) > 1 else 'is'} needed")
    return f"{when}, {' and '.join(what)}.{'' if rule.certain else ' (The module warns, and does not refuse.)'}"


def _condition(name: str, values: Iterable[Any]) -> str:
    listed_values = " or ".join(f"``{_shown(value)}``" if value != "" else "unset" for value in values)
    return f"with ``{_short(name)}`` {listed_values}"


def rule_texts(rule: Rule) -> Iterator[str]:
    when = " and ".join(_condition(name, values) for name, values in ((rule.field, rule.values), *rule.where))
    when = when[:1].upper() + when[1:]
    doubt = "" if rule.certain else " (The module warns, and does not refuse.)"
    if rule.needs:
        yield f"{when}, {listed(map(_short, rule.needs))} must be specified.{doubt}"
    if rule.needs_any:
        yield f"{when}, {listed(map(_short, rule.needs_any), 'or')} must be specified.{doubt}"
    for name, refused in rule.refuses:
        yield f"{when}, ``{_short(name)}`` can't be {' or '.join(f'``{_shown(value)}``' for value in refused)}.{doubt}"
    if rule.ignores:
        yield f"{when}, {listed(map(_short, rule.ignores))} has no effect."


def _short(name: str) -> str:
    return name.partition(".")[2]


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def deleted(entry: Service) -> str:
    """Say in words what each sync of a native integration does with what Infisical doesn't have, and its removal."""
    if entry.extra == KEEPS:
        text = "keeps it"
    elif entry.extra == REPLACES:
        text = f"replaces {entry.whole}"
    else:
        text = "deletes it" + (f" ({entry.within})" if entry.within else "")
    if entry.keeps_if:
        key, value = entry.keeps_if
        text += f"; keeps it {'without' if value is False else 'with'} ``{key}: {_shown(value or True)}``"
        text += ", which new integrations get" if value is True else ""
    return text + (
        ". Removed with ``delete_destination_secrets: true``: what it wrote" if entry.can_delete_secrets else ""
    )


def security_table() -> str:
    """Return the table of SECURITY.md: what syncs do with what Infisical doesn't have, and where."""
    by_text: dict[str, list[str]] = {}
    for entry in NATIVES:
        plain = entry.extra == DELETES and not entry.keeps_if
        limits = f", within limits that [Services]({TABLE.relative_to(ROOT)}) names"
        text = "deletes it" + (limits if plain and entry.within else "")
        by_text.setdefault(text if plain else deleted(entry).partition(". ")[0], []).append(entry.slug)
    order = sorted(by_text.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [("native integrations", code(slugs), text) for text, slugs in order]
    unheeded = [entry for entry in SYNCS if not entry.heeds_deletion_setting]
    must = [entry for entry in SYNCS if entry.deletion_must_be_allowed]
    rows += [
        ("secret syncs", code([entry.slug]), f"replaces {entry.whole}, regardless of the setting") for entry in unheeded
    ]
    rows += [
        (
            "secret syncs",
            code([entry.slug]),
            f"replaces the whole {one.what}, regardless of the setting, with {condition(one)}",
        )
        for entry in SYNCS
        for one in filter(None, [entry.one_secret])
    ]
    rows.append(("secret syncs", code(entry.slug for entry in must), "deletes it; has no setting that keeps it"))
    rows.append(("secret syncs", "all others", "keeps it, unless `disable_secret_deletion: false`"))
    lines = [f"| {' | '.join(row)} |" for row in (("by", "where", "each sync"), ("---", "---", "---"), *rows)]
    return "\n".join(lines).replace("``", "`") + "\n"


def condition(one: Together) -> str:
    """Say in words when all secrets of a sync go into one."""
    other, excluded = one.unless
    without = f" without ``{other}: {excluded}``" if other else ""
    return f"``{one.option}: {one.value}``{without}"


def with_table(text: str) -> str:
    """Return SECURITY.md with the table between its marks."""
    before, _table, after = re.split(r"(?<=generated by make services-table -->\n)(.*?)(?=<!-- END)", text, flags=re.S)
    return before + security_table() + after


KINDS = {"str": "text", "bool": "``true`` or ``false``", "int": "a whole number", "dict": "a mapping"}


def form(spec: FieldSpec) -> str:
    """Say in words what a field may hold."""
    if spec.choices and spec.kind != "list":
        return listed(map(str, spec.choices), "or")
    if spec.kind == "list":
        inner = f" (each {', '.join(f'``{part.name}``' for part in spec.fields)})" if spec.fields else ""
        most = f"at most {spec.max_items} " if spec.max_items else ""
        items = {"str": "texts", "int": "numbers", "dict": "mappings"}[spec.items]
        of = f": {listed(map(str, spec.choices), 'or')}" if spec.choices else ""
        return f"a list of {most}{items}{inner}{of}"
    if spec.kind == "dict" and spec.fields:
        return f"a mapping with lists: {code(part.name for part in spec.fields)}"
    text = escaped(spec.shape) or KINDS[spec.kind]
    if spec.max_length and not spec.pattern:
        text += f", at most {spec.max_length} characters"
    return text + (", may be empty" if spec.may_be_empty else "")


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    SECURITY.write_text(with_table(SECURITY.read_text(encoding="utf-8")), encoding="utf-8")
