# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each variable of each playbook means in each way in which it can be given, and how faults are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.community.infisical.plugins.plugin_utils import _variables
from ansible_collections.community.infisical.plugins.plugin_utils._variables import Variable

ROOT = Path(_variables.__file__).resolve().parents[2]
READER = "community.infisical.playbook_variables"
REFUSED = "refused"
SECRET = "canary-in-a-value"

# What is given, and what variables of each type make of it. None is: no answer.
GIVEN: dict[str, Any] = {
    "blank": " \n",
    "empty": "",
    "null": None,
    "no items": [],
    "no keys": {},
    "text": "a",
    "text with blanks around it": " a\n",
    "true as text": " Yes ",
    "false as text": "false",
    "number as text": " 7 ",
    "true": True,
    "false": False,
    "number": 7,
    "fraction": 7.5,
    "not a number": float("nan"),
    "items on one line": "a, b,,c  d",
    "items on lines": "a\nb\r\n\nc d\n",
    "list": ["a", 1, None, " ", " b "],
    "mapping": {"k": [None]},
    "list of mappings": [{"k": 1}, None],
    "list of lists": [["a"]],
    "list as YAML": "- a\n- 1\n",
    "list in brackets": "[a, b]",
    "mapping as YAML": "k: 2026-01-02",
    "mapping in braces": '{"k": {"l": true}}',
    "mappings as YAML": "- k: '{{ 1 }}'\n  l:\n- {k: 2}",
    "comment as YAML": "# nothing",
    "malformed YAML": f"- k: [{SECRET}",
    "YAML with a tag": f"k: !!python/name:{SECRET} ''",
    "YAML that holds itself": "- &a {k: *a}",
}
UNASKED = dict.fromkeys(("blank", "empty", "null", "no items", "no keys"))
AS_TEXT = {
    name: value.strip() if isinstance(value, str) else str(value)
    for name, value in GIVEN.items()
    if isinstance(value, str | int | float) and not isinstance(value, bool)
}
MEANS: dict[str, dict[str, Any]] = {
    "str": {**AS_TEXT, **UNASKED},
    "secret": {**AS_TEXT, **{name: value for name, value in GIVEN.items() if isinstance(value, str)}, **UNASKED},
    "bool": {**UNASKED, "true as text": True, "false as text": False, "true": True, "false": False},
    "int": {**UNASKED, "number as text": 7, "number": 7},
    "float": {**UNASKED, "number as text": 7.0, "number": 7.0, "fraction": 7.5},
    "list": {
        **UNASKED,
        "text": ["a"],
        "text with blanks around it": ["a"],
        "true as text": ["Yes"],
        "false as text": ["false"],
        "number as text": ["7"],
        "number": ["7"],
        "fraction": ["7.5"],
        "not a number": ["nan"],
        "items on one line": ["a", "b", "c", "d"],
        "items on lines": ["a", "b", "c", "d"],
        "list": ["a", "1", "b"],
        "list as YAML": ["a", "1"],
        "list in brackets": ["a", "b"],
        "mapping as YAML": ["k:", "2026-01-02"],
        "mapping in braces": ['{"k":', '{"l":', "true}}"],
        "comment as YAML": ["#", "nothing"],
        "YAML with a tag": ["k:", f"!!python/name:{SECRET}", "''"],
    },
    "dict": {
        **UNASKED,
        "mapping": {"k": [None]},
        "mapping as YAML": {"k": "2026-01-02"},
        "mapping in braces": {"k": {"l": True}},
        "comment as YAML": None,
    },
    "dicts": {
        **UNASKED,
        "list of mappings": [{"k": 1}],
        "mappings as YAML": [{"k": "{{ 1 }}", "l": None}, {"k": 2}],
        "comment as YAML": None,
    },
}
# The words of a refusal, for what has more than the usual ones.
REASONS = {
    "malformed YAML": "is not valid YAML (line 1, column ",
    "YAML with a tag": "is not valid YAML (line 1, column 4)",
    "YAML that holds itself": "is not valid YAML",
}


def declared() -> dict[str, list[Variable]]:
    """Return the variables of each playbook that declares them."""
    found = {}
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        tasks = yaml.safe_load(path.read_text("utf-8"))[0]["tasks"]
        if READER in tasks[0]:
            found[path.stem] = _variables.declared(**tasks[0][READER])
    return found


PLAYBOOKS = declared()
ALL = [(playbook, variable) for playbook, variables in PLAYBOOKS.items() for variable in variables]
IDS = [f"{playbook}-{variable.name}" for playbook, variable in ALL]


@pytest.mark.parametrize(("playbook", "variable"), ALL, ids=IDS)
def test_what_each_variable_means(playbook: str, variable: Variable) -> None:
    for name, value in GIVEN.items():
        meant = MEANS[variable.type].get(name, REFUSED)
        if variable.choices and meant not in (None, *variable.choices):
            meant = REFUSED
        values, faults, lacking = _variables.read([variable], {variable.name: value}, {})
        if meant is REFUSED:
            (fault,) = faults
            assert fault.startswith(f"{variable.name} "), name
            assert fault.count(".") == 1, fault
            assert SECRET not in fault
        elif meant is None and variable.required is not False:
            (fault,) = [lacking] if variable.to_create else faults
            assert fault.startswith(f"Specify {variable.name}"), name
        else:
            assert faults == [], name
            several = variable.name in ("project_ids", "project_slugs")
            assert values[variable.name] == (variable.unanswered if meant is None else meant) or several, name


ROLES = {
    (path.parts[-3], name): option
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
    for name, option in yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"].items()
}
# What Ansible's check of a role's options lets pass as an answer, by type; all else it refuses or converts.
LEAST = {
    "bool": {"true as text", "false as text", "true", "false"},
    "int": {"number as text", "number", "true", "false"},
    "float": {"number as text", "number", "fraction", "not a number", "true", "false"},
    "dict": {"mapping", "mapping in braces", "no keys"},
}


@pytest.mark.parametrize(("role", "name"), ROLES, ids=[name for _role, name in ROLES])
def test_no_variable_of_a_role_takes_what_is_no_answer_for_one(role: str, name: str) -> None:
    """A blank or a null is refused before the role starts, or stays what it is: it never becomes false or 0."""
    option = {
        key: value for key, value in ROLES[role, name].items() if key in ("type", "elements", "choices", "default")
    }
    passed = set()
    for label, value in GIVEN.items():
        result = ArgumentSpecValidator({name: option}).validate({name: value})
        if not result.error_messages and value is not None:
            passed.add(label)
    if option["type"] in LEAST:
        assert passed <= LEAST[option["type"]]
        assert passed
    if "choices" in option and option["type"] == "str":
        assert passed == set()
    if option["type"] == "list" and option.get("elements") == "dict":
        assert "list of lists" not in passed


@pytest.mark.parametrize("kind", MEANS)
def test_a_refusal_tells_what_is_wanted(kind: str) -> None:
    if kind in ("dict", "dicts"):
        for name, reason in REASONS.items():
            (fault,) = _variables.read([Variable("syncs", "", type=kind)], {"syncs": GIVEN[name]}, {})[1]
            assert fault.startswith(f"syncs {reason}"), fault
    wrong = {"bool": "text", "int": "text", "float": "text", "list": "mapping"}.get(kind, "list of lists")
    (fault,) = _variables.read([Variable("it", "", type=kind)], {"it": GIVEN[wrong]}, {})[1]
    assert fault.startswith(f"it must be {_variables.WANTED[kind]}")


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_each_default_is_of_its_type(playbook: str) -> None:
    for variable in PLAYBOOKS[playbook]:
        assert variable.description.endswith("."), variable.name
        if variable.default is not None:
            assert _variables.answer(variable, variable.default) in (variable.default, None), variable.name


CREDENTIALS = (
    Variable("key", "", type="secret", required=("connection_id",), env=("KEY", "K")),
    Variable("connection_id", ""),
    Variable("state", "", default="present", choices=("present", "absent")),
)
REQUIRED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["Specify project_id or project_slug; and key, connection_id or export KEY or K."]),
    "both": (
        {"project_id": "p", "project_slug": "s", "key": "k"},
        ["Specify project_id or project_slug, not both."],
    ),
    "blank": ({"project_id": " ", "project_slug": "s", "key": []}, ["Specify key, connection_id or export KEY or K."]),
    "instead": ({"project_id": "p", "connection_id": "c"}, []),
    "wrong shapes alone": (
        {"project_id": {}, "key": [SECRET], "state": SECRET},
        ["key must be text, not a list.", "state must be present or absent."],
    ),
}


@pytest.mark.parametrize(("given", "faults"), REQUIRED.values(), ids=REQUIRED)
def test_what_is_missing(given: dict[str, Any], faults: list[str]) -> None:
    assert _variables.read([*_variables.PROJECT, *CREDENTIALS], given, {"KEY": ""})[1] == faults


def test_what_is_missing_to_create_something_is_no_fault() -> None:
    variables = [Variable(name, "", required=("b",), to_create=True, env=("E",)) for name in ("a", "c")]
    variables.append(Variable("b", ""))
    assert _variables.read(variables, {}, {})[1:] == ([], "Specify a, b or export E; and c, b or export E.")
    for given, environment in (({"b": 1}, {}), ({"a": 1, "c": 2}, {}), ({}, {"E": "e"})):
        assert _variables.read(variables, given, environment)[1:] == ([], "")


def test_the_environment_stands_in() -> None:
    values, faults, _lacking = _variables.read(CREDENTIALS, {"key": ""}, {"KEY": "", "K": "of the environment"})
    assert (values["key"], faults) == ("of the environment", [])
    assert _variables.read(CREDENTIALS, {"key": "given"}, {"K": "of the environment"})[0]["key"] == "given"


KEYS = (
    Variable("key", "", required=("connection_id",), to_create=True, env=("AWS_ACCESS_KEY_ID",)),
    Variable("secret", "", type="secret", required=("connection_id",), to_create=True, env=("AWS_SECRET_ACCESS_KEY",)),
    Variable("connection_id", ""),
)
IN_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}
TEMPORARY = ": the AWS keys in the environment are temporary, since {} is set, and are not stored."


@pytest.mark.parametrize("token", ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"])
def test_temporary_keys_do_not_stand_in(token: str) -> None:
    """Keys beside a session token end within hours, whatever their ids look like."""
    environment = {**IN_ENVIRONMENT, token: "canary-session-token"}
    values, faults, lacking = _variables.read(KEYS, {}, environment)
    assert (values["key"], values["secret"], faults) == ("", "", [])
    assert lacking == "Specify key or connection_id; and secret or connection_id" + TEMPORARY.format(token)
    # One of a pair is none.
    lacking = _variables.read(KEYS, {"key": "AKIAOTHER"}, environment)[2]
    assert lacking == "Specify secret or connection_id" + TEMPORARY.format(token)
    for given in ({"key": "AKIAOTHER", "secret": "s"}, {"connection_id": "c"}):
        assert _variables.read(KEYS, given, environment)[1:] == ([], "")


@pytest.mark.parametrize("environment", [{**IN_ENVIRONMENT, "AWS_SESSION_TOKEN": ""}, {"AWS_SESSION_TOKEN": "t"}])
def test_keys_are_temporary_beside_a_token_alone(environment: dict[str, str]) -> None:
    values, faults, lacking = _variables.read(KEYS, {}, environment)
    assert values["key"] == environment.get("AWS_ACCESS_KEY_ID", "")
    assert faults == []
    assert ("temporary" in lacking, bool(lacking)) == (False, not values["key"])


PROJECTS: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "one": ({"project_id": "p"}, ["p"], []),
    "several": ({"project_ids": "p q"}, ["p", "q"], []),
    "one, twice": ({"project_ids": "p", "project_id": "p"}, ["p"], []),
    "both, several": ({"project_ids": "p q", "project_slug": "s"}, ["p", "q"], ["s"]),
    "slugs, nulls among them": ({"project_slugs": ["s", None, "t"]}, [], ["s", "t"]),
    "both": ({"project_id": "p", "project_slug": "s"}, ["p"], ["s"]),
}


@pytest.mark.parametrize(("given", "ids", "slugs"), PROJECTS.values(), ids=PROJECTS)
def test_several_projects(given: dict[str, Any], ids: list[str], slugs: list[str]) -> None:
    values, faults, _lacking = _variables.read(_variables.PROJECTS, given, {})
    assert (values["project_ids"], values["project_slugs"], faults) == (ids, slugs, [])


@pytest.mark.parametrize("single", ["project_id", "project_slug"])
def test_one_project_beside_several(single: str) -> None:
    """The single one may come from the command line, and the others from an inventory: none of them is dropped."""
    faults = _variables.read(_variables.PROJECTS, {single: "r", f"{single}s": ["p", "r"]}, {})[1]
    assert faults == [f"Specify {single} or {single}s, not both."]


def test_no_project_at_all() -> None:
    faults = _variables.read(_variables.PROJECTS, {"project_ids": "", "project_slugs": [None]}, {})[1]
    assert faults == ["Specify project_id, project_slug, project_ids or project_slugs."]


MISSPELLED = {
    "projectid": "project_id",
    "Project_ID": "project_id",
    "stat": "state",
    "connectoin_id": "connection_id",
    "stage": "state",
}
OTHER = ["project_id", "key", "region", "all", "ansible_project_id", "_project_id", "project", "keys_of_all", "id", ""]
# Which playbook takes which word of another one for one of its own variables. All other words of others, it ignores.
OF_PROJECT = {"project_ids": "project_id", "project_slugs": "project_slug", "workspace_id": "project_id"}
OF_FILE = {"infisical_project_id": "project_id", "infisical_project_slug": "project_slug"}
OF_SYNC = {
    **OF_PROJECT,
    **OF_FILE,
    **dict.fromkeys(("environment", "environments"), "source_environment"),
    **dict.fromkeys(("sync_names", "sync_id"), "sync_name"),
    **dict.fromkeys(("app_connection", "connection_names"), "connection_name or connection_id"),
    "connection": "connection_name, connection_id or infisical_connection",
}
OF_TOKEN = {**OF_SYNC, "access_token": "destination_access_token"}
CONNECTION = {"connection": "infisical_connection"}
BY_ID, BY_SLUG = "project_id or project_ids", "project_slug or project_slugs"
SEVERAL = {"infisical_project_id": BY_ID, "workspace_id": BY_ID, "infisical_project_slug": BY_SLUG, **CONNECTION}
MEANT: dict[str, dict[str, str]] = {
    "apply_export": {
        **dict.fromkeys(("project_id", "project_ids", "workspace_id"), "infisical_project_id"),
        **dict.fromkeys(("project_slug", "project_slugs"), "infisical_project_slug"),
        **dict.fromkeys(("app_connection", "app_connections"), "infisical_app_connections"),
        **dict.fromkeys(("syncs", "secret_syncs"), "infisical_secret_syncs"),
        "connection": "infisical_app_connections or infisical_connection",
    },
    "audit": SEVERAL,
    "export": {**OF_PROJECT, **OF_FILE, **CONNECTION},
    "fan_out_environments": {
        **OF_PROJECT,
        **OF_FILE,
        **CONNECTION,
        **dict.fromkeys(("environment", "source_environment"), "environments"),
        **dict.fromkeys(("destination", "sync_destinations"), "destinations"),
        **dict.fromkeys(("services", "integration"), "service"),
    },
    "migrate": {
        **SEVERAL,
        **dict.fromkeys(("app_connection", "infisical_app_connections"), "app_connections"),
        **dict.fromkeys(("destination", "sync_destinations"), "destinations"),
        "connection": "app_connections or infisical_connection",
    },
    "rotate_credentials": {
        **SEVERAL,
        **dict.fromkeys(("services", "integration"), "service"),
        **dict.fromkeys(("connection_id", "connection_names", "app_connection"), "connection_name"),
        "aws_access_key_id": "access_id",
        "aws_secret_access_key": "access_token",
        "destination_access_token": "access_token",
        "connection": "connection_name or infisical_connection",
    },
    "sync_secrets": {
        **OF_PROJECT,
        **OF_FILE,
        **dict.fromkeys(("connection_id", "connection_name", "connection_names"), "app_connection"),
        **dict.fromkeys(("app_connections", "infisical_app_connections"), "app_connection"),
        **dict.fromkeys(("secret_syncs", "infisical_secret_syncs"), "syncs"),
        "connection": "app_connection or infisical_connection",
    },
    "sync_to_aws_secrets_manager": {
        **OF_SYNC,
        **dict.fromkeys(("destination", "sync_destinations"), "destinations"),
        "region": "aws_region",
        "secret_name": "aws_secret_name",
        "access_id": "aws_access_key_id",
        "access_token": "aws_secret_access_key",
    },
    "sync_to_azure_key_vault": OF_SYNC,
    "sync_to_gcp_secret_manager": OF_SYNC,
    "sync_to_github": OF_TOKEN,
    "sync_to_gitlab": OF_TOKEN,
    "sync_to_vercel": OF_TOKEN,
    "teardown": {
        **OF_PROJECT,
        **OF_FILE,
        **dict.fromkeys(("connection_id", "connection_name", "app_connection"), "connection_names"),
        **dict.fromkeys(("sync_name", "sync_id"), "sync_names"),
        "connection": "connection_names or infisical_connection",
        "environment": "environments or source_environment",
        "integration": "services or service",
        "destination": "sync_destinations or destinations",
        "region": "aws_region",
        "secret_name": "aws_secret_name",
    },
}


def test_near_misses() -> None:
    variables = [*_variables.PROJECT, *CREDENTIALS]
    for name, meant in MISSPELLED.items():
        (warning,), faults = _variables.misspelled(variables, dict.fromkeys([name, *OTHER], SECRET))
        assert f"no variable {name}, which is ignored. Did you mean {meant}?" in warning
        assert faults == []


def test_near_misses_where_more_would_be_removed_than_was_meant() -> None:
    for playbook in ("apply_export", "migrate", "teardown"):
        for variable in PLAYBOOKS[playbook]:
            name = f"{variable.name}x"
            told = f"The playbook has no variable {name}. Did you mean {variable.name}?"
            assert _variables.misspelled(PLAYBOOKS[playbook], {name: SECRET}) == ([], [told])
            # A blank answer is none.
            (_warning,), faults = _variables.misspelled(PLAYBOOKS[playbook], {name: " "})
            assert faults == []


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_words_of_other_playbooks(playbook: str) -> None:
    """A user who learned a word at one playbook means the same by it at another, and never gets something else."""
    variables = PLAYBOOKS[playbook]
    elsewhere = {one.name for others in PLAYBOOKS.values() for one in others}
    meant = MEANT[playbook]
    names = sorted(
        elsewhere
        | {word for words in _variables.PROJECT_WORDS + _variables.OTHER_WORDS for word in words}
        | {"none_such"}
    )
    words = _variables.other_words(variables, names)
    assert words.keys() == meant.keys()
    assert _variables.misspelled(variables, dict.fromkeys(words, SECRET)) == ([], [])
    for name, known in words.items():
        values = dict.fromkeys(known, "a")
        told = f"The playbook has no variable {name}. Specify {meant[name]} instead."
        assert _variables.misnamed({name: known}, {name: SECRET}, values) == [told]
        # No answer, or the answer that the playbook has anyway.
        for value in (None, " ", [], "a"):
            assert _variables.misnamed({name: known}, {name: value}, values) == []


PARTS: list[tuple[str, dict[str, Any], bool]] = [
    # As the job templates of playbooks/awx pass them.
    ("sync_secrets", {"connection_name": "a", "app_connection": {"app": "aws", "name": "a"}}, True),
    ("rotate_credentials", {"aws_access_key_id": "of a credential", "access_id": "new"}, True),
    ("rotate_credentials", {"aws_access_key_id": "new", "access_token": "new"}, False),
    ("apply_export", {"project_id": "a", "infisical_project_id": "b"}, False),
    ("sync_to_github", {"environment": "prod"}, False),
    # A pipeline's own word for something else.
    ("sync_to_github", {"environment": "prod", "source_environment": "dev"}, True),
    ("sync_to_github", {"environment": "dev"}, True),
    ("teardown", {"environment": "prod", "environments": ["prod"]}, True),
]


@pytest.mark.parametrize(("playbook", "given", "is_clear"), PARTS)
def test_both_words(playbook: str, given: dict[str, Any], is_clear: bool) -> None:
    variables = PLAYBOOKS[playbook]
    words = _variables.other_words(variables, given)
    assert len(words) == 1
    values = _variables.read(variables, given, {}).values
    assert (_variables.misnamed(words, given, values) == []) is is_clear


@pytest.mark.parametrize("wrong", [{"type": "text"}, {"requierd": True}])
def test_a_wrong_declaration_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        _variables.declared({"a": {"description": "A.", **wrong}})
    with pytest.raises(ValueError, match="project must be one of"):
        _variables.declared({}, "two")
