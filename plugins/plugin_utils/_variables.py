# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook was given, read by the declarations of its variables. Messages never hold a value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import yaml

from ..module_utils._catalog.names import SWITCHES, near_matches
from ..module_utils._errors import clean_name

WANTED = {
    "str": "text",
    "secret": "text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list, or text with commas, blanks or line ends between the items",
    "dict": "a mapping, or a mapping as YAML text",
    "dicts": "a list of mappings, or the same as YAML text",
}
AWS_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
AWS_SESSIONS = ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
UNANSWERED: dict[str, Any] = {"list": [], "dict": {}, "dicts": [], "str": "", "secret": "", "raw": ""}
# Of a role: which type a variable has by the type, and the type of items, in the role's argument spec. Which of its
# texts are secrets is not specified there, so that all keep their spaces.
OF_SPEC = {("str", None): "secret", ("path", None): "secret", ("list", "dict"): "dicts", ("list", "str"): "list"}


@dataclass(frozen=True)
class Variable:
    """A variable of a playbook, as the first task of the playbook declares it.

    `required` is true, or the names of variables any of which can be specified instead. With `to_create`, that is so
    only where what the variable is for does not exist yet. `env` has the environment variables that it falls back to.
    `strict` is for playbooks that would remove or change more than was meant if they ignored a misspelled variable.
    """

    name: str
    description: str
    type: str = "str"
    default: Any = None
    required: bool | tuple[str, ...] = False
    to_create: bool = False
    choices: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    strict: bool = False

    @property
    def unanswered(self) -> Any:
        return UNANSWERED.get(self.type) if self.default is None else self.default


CONNECTION = Variable(
    "infisical_connection",
    "Connection options of the modules (url, auth_method, login_data, ca_path ...). Default: environment variables such"
    " as INFISICAL_URL, INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET.",
    type="dict",
)
PROJECT = (
    Variable("project_id", "ID of the Infisical project.", required=("project_slug",)),
    Variable("project_slug", "Instead: its slug."),
)
PROJECTS = (
    Variable(
        "project_id",
        "ID of the Infisical project.",
        required=("project_slug", "project_ids", "project_slugs"),
    ),
    Variable("project_slug", "Instead: its slug."),
    Variable("project_ids", "Instead: several IDs.", type="list"),
    Variable("project_slugs", "Slugs of several projects, instead of or in addition to IDs.", type="list"),
)
PLURALS = {"project_id": "project_ids", "project_slug": "project_slugs"}
SYNC = (
    Variable("source_environment", "Slug of the environment.", default="dev"),
    Variable("secret_path", "Folder.", default="/"),
    Variable("sync_name", "Name of the sync. Default: made of the environment, the folder and the destination."),
    Variable("sync_options", "Options of the sync; see the module infisical_secret_sync.", type="dict"),
    Variable("connection_name", "Name of the app connection. Default: the name of the service."),
    Variable("connection_id", "ID of an app connection that exists and stays as it is, instead of credentials."),
    Variable(
        "update_credentials",
        "Whether to write the credentials of an existing app connection again.",
        default="on_create",
        choices=("on_create", "always"),
    ),
    Variable("state", "Whether the sync should exist.", default="present", choices=("present", "absent")),
    Variable("wait", "Whether the last recorded sync must be a success.", type="bool", default=True),
)
# Words for the same thing, each of which is a variable somewhere in this collection. A playbook that has another one of
# them would do something else than was meant if it ignored the one that is given.
PROJECT_WORDS = (
    ("project_id", "project_ids", "infisical_project_id", "workspace_id"),
    ("project_slug", "project_slugs", "infisical_project_slug"),
)
# Words that a pipeline, an AWX credential or a file of variables may have for a purpose of its own. Such a word is fine
# beside the playbook's own one.
OTHER_WORDS = (
    ("environment", "environments", "source_environment"),
    ("service", "services", "integration"),
    ("destination", "destinations", "sync_destinations"),
    ("sync_name", "sync_names", "sync_id"),
    ("region", "aws_region"),
    ("secret_name", "aws_secret_name"),
    ("syncs", "secret_syncs", "infisical_secret_syncs"),
    ("connection", "connection_name", "connection_names", "connection_id"),
    ("connection_name", "connection_id", "app_connection", "connection_names"),
    ("connection", "app_connection", "app_connections", "infisical_app_connections"),
    ("connection", "infisical_connection"),
    ("access_id", "aws_access_key_id"),
    ("access_token", "aws_secret_access_key"),
    ("access_token", "destination_access_token"),
)
# By what the option `project` of the task says.
OF_PROJECT = {"none": (), "one": PROJECT, "many": PROJECTS}


class Reading(NamedTuple):
    """The value of each variable; what is wrong with what was given, each fault as a sentence; what creating lacks."""

    values: dict[str, Any]
    faults: list[str]
    lacking: str


class Misfit(Exception):
    """What is wrong with a value, as the end of a sentence that begins with its name. Never the value itself."""


def declared(
    variables: Mapping[str, Mapping[str, Any]] | None = None,
    project: str = "one",
    sync: bool = False,
    strict: bool = False,
) -> list[Variable]:
    """Return all variables of a playbook in their order, by the options of the task that reads them.

    Raises ValueError or TypeError for a wrong declaration.
    """
    if project not in OF_PROJECT:
        raise ValueError(f"project must be one of {', '.join(OF_PROJECT)}")
    own = [_declared(name, row) for name, row in (variables or {}).items()]
    known = [*OF_PROJECT[project], *own, *(SYNC if sync else ()), CONNECTION]
    return [replace(variable, strict=strict) for variable in known]


def of_role(role: str, options: Mapping[str, Mapping[str, Any]]) -> list[Variable]:
    """Return the variables of a role by the options of its argument spec.

    Ansible checks choices and required variables before the role begins, but takes blank text for a required one.
    """
    return [
        Variable(
            name,
            "",
            type=OF_SPEC.get((option.get("type", "str"), option.get("elements")), option.get("type", "str")),
            default=option.get("default"),
            required=option.get("type", "str") == "str" and option.get("required", False),
        )
        for name, option in options.items()
        if name.startswith(f"{role}_")
    ]


def _declared(name: str, row: Mapping[str, Any]) -> Variable:
    is_list = {key for key, value in row.items() if isinstance(value, list) and key != "default"}
    values: dict[str, Any] = {key: tuple(value) if key in is_list else value for key, value in row.items()}
    variable = Variable(name, **values)
    if variable.type not in WANTED:
        raise ValueError(f"type of {name} must be one of {', '.join(WANTED)}")
    return variable


def read(variables: Iterable[Variable], given: Mapping[str, Any], environment: Mapping[str, str]) -> Reading:
    """Return what was given. `given` must hold JSON's types only.

    Where a playbook takes several projects, `project_ids` and `project_slugs` hold a single one, too. AWS keys of the
    environment are no answer if a session token is beside them: such keys end within hours.
    """
    all_variables = list(variables)
    variables = [_without_session(variable, environment) for variable in all_variables]
    values: dict[str, Any] = {}
    faults: list[str] = []
    for variable in variables:
        try:
            value = answer(variable, given.get(variable.name))
        except Misfit as misfit:
            faults.append(f"{variable.name} {misfit}.")
            value = None
        if value is None:
            value = next((environment[name] for name in variable.env if environment.get(name)), variable.unanswered)
        values[variable.name] = value
    if not faults:
        faults = [*_both(values), *_missing([one for one in variables if not one.to_create], values)]
    for single, several in PLURALS.items():
        if several in values:
            values[several] = values[several] or [one for one in (values.get(single),) if one]
    lacking = " ".join(_missing([one for one in variables if one.to_create], values))
    if lacking and variables != all_variables:
        session = next(name for name in AWS_SESSIONS if environment.get(name))
        reason = f"the AWS keys in the environment are temporary, since {session} is set, and are not stored"
        lacking = f"{lacking.removesuffix('.')}: {reason}."
    return Reading(values, faults, lacking)


def _without_session(variable: Variable, environment: Mapping[str, str]) -> Variable:
    if not any(environment.get(name) for name in AWS_SESSIONS):
        return variable
    temporary = [name for name in AWS_KEYS if environment.get(name)]
    return replace(variable, env=tuple(name for name in variable.env if name not in temporary))


def answer(variable: Variable, value: Any) -> Any:
    """Return a value in the type of the variable, None where there is no answer. Raises Misfit."""
    if _is_blank(value):
        return None
    value = READERS[variable.type](value)
    if variable.choices and value not in variable.choices:
        raise Misfit(f"must be {_or(variable.choices)}")
    return None if _is_blank(value) else value


def _is_blank(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _misfit(kind: str, value: Any) -> Misfit:
    return Misfit(f"must be {WANTED[kind]}, not {_kind(value)}")


def _kind(value: Any) -> str:
    kinds = (str, "text"), (bool, "true or false"), ((int, float), "a number"), (Mapping, "a mapping"), (list, "a list")
    return next((name for kind, name in kinds if isinstance(value, kind)), "that")


def _text(value: Any) -> str:
    return _secret(value).strip()


def _secret(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _misfit("str", value)
    return str(value)


def _switch(value: Any) -> bool:
    known = {**SWITCHES, **dict.fromkeys(("1", "y", "t"), True), **dict.fromkeys(("0", "n", "f"), False)}
    folded = str(value).strip().lower()
    if folded not in known:
        raise Misfit(f"must be {WANTED['bool']}")
    return known[folded]


def _number(value: Any) -> int:
    number = _fraction(value, "int")
    if not number.is_integer():
        raise Misfit(f"must be {WANTED['int']}")
    return int(number)


def _fraction(value: Any, kind: str = "float") -> float:
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?", value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _misfit(kind, value)
    if not math.isfinite(value):
        raise Misfit(f"must be {WANTED[kind]}")
    return float(value)


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        text = value.strip()
        value = _parsed(text) if re.match(r"\[|-\s", text) else re.split(r"[,\s]+", text)
    items = value if isinstance(value, list) else [value]
    items = [item for item in items if not _is_blank(item)]
    if isinstance(value, Mapping) or any(isinstance(item, bool | Mapping | list) for item in items):
        raise Misfit(f"must be {WANTED['list']}; each item is text")
    return [str(item).strip() for item in items]


def _mapping(value: Any) -> Any:
    found = _parsed(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping) and not _is_blank(found):
        raise _misfit("dict", found)
    return found


def _mappings(value: Any) -> Any:
    found = _parsed(value) if isinstance(value, str) else value
    if _is_blank(found):
        return []
    if not isinstance(found, list):
        raise _misfit("dicts", found)
    items = [(number, item) for number, item in enumerate(found, 1) if item is not None]
    if misfits := [(number, item) for number, item in items if not isinstance(item, Mapping)]:
        number, item = misfits[0]
        raise Misfit(f"must be {WANTED['dicts']}; item {number} is {_kind(item)}")
    return [item for _number, item in items]


def _parsed(text: str) -> Any:
    """Return what YAML text holds, in JSON's types. Raises Misfit with the place of an error, and without the text."""
    try:
        return json.loads(json.dumps(yaml.safe_load(text), default=_as_text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise Misfit(f"is not valid YAML{where}") from None
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        raise Misfit("is not valid YAML") from None


def _as_text(value: Any) -> str:
    """Return a date of YAML as text. Raises TypeError for all else that JSON lacks."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


READERS: dict[str, Callable[[Any], Any]] = {
    "raw": lambda value: value,
    "str": _text,
    "secret": _secret,
    "bool": _switch,
    "int": _number,
    "float": _fraction,
    "list": _list,
    "dict": _mapping,
    "dicts": _mappings,
}


def _both(values: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each pair of variables that name the project, where only one of them would count."""
    pairs = [(single, several) for single, several in PLURALS.items() if several in values]
    pairs = pairs or [("project_id", "project_slug")]
    given = [(one, other) for one, other in pairs if values.get(one) and values.get(other)]
    return [
        f"Specify {one} or {other}, not both."
        for one, other in given
        if values[other] not in (values[one], [values[one]])
    ]


def _missing(variables: Iterable[Variable], values: Mapping[str, Any]) -> list[str]:
    missing = [_asked(variable) for variable in variables if _is_missing(variable, values)]
    return [f"Specify {_and(missing)}."] if missing else []


def _is_missing(variable: Variable, values: Mapping[str, Any]) -> bool:
    if not _is_blank(values[variable.name]):
        return False
    instead = variable.required if isinstance(variable.required, tuple) else ()
    return bool(variable.required) and all(_is_blank(values.get(name)) for name in instead)


def _asked(variable: Variable) -> str:
    instead = variable.required if isinstance(variable.required, tuple) else ()
    exports = [f"export {_or(variable.env)}"] if variable.env else []
    return _or([variable.name, *instead, *exports])


def _or(names: Iterable[str]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last


def _and(phrases: list[str]) -> str:
    separator = "; " if any(" or " in phrase for phrase in phrases) else ", "
    *rest, last = phrases
    return f"{separator.join(rest)}{';' if separator == '; ' else ''} and {last}" if rest else last


def other_words(variables: Iterable[Variable], given: Iterable[str]) -> dict[str, list[str]]:
    """Return for each given name that means the same as variables of the playbook, and is none, the names of these."""
    known = [variable.name for variable in variables]
    meant = {
        name: [one for one in known if _is_same(name, one, PROJECT_WORDS + OTHER_WORDS)]
        for name in sorted(set(given) - set(known))
    }
    return {name: names for name, names in meant.items() if names}


def _is_same(name: str, other: str, words: Iterable[tuple[str, ...]]) -> bool:
    return any(name in same and other in same for same in words)


def misnamed(words: Mapping[str, list[str]], given: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each of the other words that was given, unless that makes no difference."""
    return [
        f"The playbook has no variable {name}. Specify {_or(names)} instead."
        for name, names in words.items()
        if not _is_blank(given.get(name)) and not _is_idle(name, names, given, values)
    ]


def _is_idle(name: str, names: list[str], given: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Return whether the playbook has the same anyway, or was given a variable of its own for it."""
    if any(values.get(one) in (given[name], [given[name]]) for one in names):
        return True
    return any(not _is_blank(given.get(one)) for one in names) and not _is_same(name, names[0], PROJECT_WORDS)


def misspelled(variables: Iterable[Variable], given: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return a sentence for each given name that differs from a variable's by one or two letters.

    Those of the first list are warnings. Those of the second are faults: the variable is strict, and the value isn't
    blank.
    """
    variables = list(variables)
    strict = {variable.name: variable.strict for variable in variables}
    others = given.keys() - strict.keys() - other_words(variables, given).keys()
    warnings, faults = [], []
    for name in sorted(name for name in others if not name.startswith(("_", "ansible_"))):
        for near in near_matches(name, strict, most=1):
            unknown, question = f"The playbook has no variable {clean_name(name, 100)}", f"Did you mean {near}?"
            if not _is_near(name, near):
                continue
            if strict[near] and not _is_blank(given[name]):
                faults.append(f"{unknown}. {question}")
            else:
                warnings.append(f"{unknown}, which is ignored. {question}")
    return warnings, faults


def _is_near(name: str, known: str) -> bool:
    blocks = SequenceMatcher(None, name.lower(), known, autojunk=False).get_opcodes()
    edits = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in blocks if tag != "equal")
    return edits <= (1 if len(known) < 6 else 2)
