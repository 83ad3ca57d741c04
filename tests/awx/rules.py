# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX accepts as a credential type, a credential, a survey and its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from awx_plugins.interfaces._temporary_private_inject_api import ENV_BLOCKLIST
from jinja2 import StrictUndefined, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jsonschema import Draft202012Validator

NAME = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"
FIELD = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": NAME, "not": {"const": "tower"}},
        "label": {"type": "string"},
        "type": {"enum": ["string", "boolean"]},
        "format": {"enum": ["ssh_private_key", "url"]},
        "choices": {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": True},
        "help_text": {"type": "string"},
        "multiline": {"type": "boolean"},
        "secret": {"type": "boolean"},
        "ask_at_runtime": {"type": "boolean"},
        "default": {"type": "string"},
    },
    "additionalProperties": False,
    "required": ["id", "label", "type"],
}
CREDENTIAL_TYPE = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "description": {"type": "string"},
        "kind": {"enum": ["cloud", "net"]},
        "managed": {"const": False},
        "inputs": {
            "type": "object",
            "properties": {
                "fields": {"type": "array", "items": FIELD},
                "required": {"type": "array", "items": {"type": "string"}},
            },
            "additionalProperties": False,
        },
        "injectors": {
            "type": "object",
            "properties": {
                "file": {
                    "type": "object",
                    "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": {"type": "string"}},
                    "additionalProperties": False,
                },
                "env": {
                    "type": "object",
                    "propertyNames": {"not": {"pattern": "^ANSIBLE_"}},
                    "patternProperties": {NAME: {"type": "string", "pattern": "^[\x00-\x7f]*$"}},
                    "additionalProperties": False,
                },
                "extra_vars": {
                    "type": "object",
                    "patternProperties": {NAME: {"type": "string"}},
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
    },
    "required": ["name", "kind", "inputs", "injectors"],
}
ANSWERS = {
    "text": str,
    "textarea": str,
    "password": str,
    "multiplechoice": str,
    "multiselect": list,
    "integer": int,
    "float": float,
}


class Refused(Exception):
    """AWX would answer with this error."""


def check_credential_type(one: Mapping[str, Any]) -> None:
    faults = [error.message for error in Draft202012Validator(CREDENTIAL_TYPE).iter_errors(one)]
    if faults:
        raise Refused("; ".join(faults))
    fields = [field["id"] for field in one["inputs"]["fields"]]
    if len(set(fields)) != len(fields) or set(one["inputs"].get("required", [])) - set(fields):
        raise Refused("field ids must be unique, and required ones exist")
    if set(one["injectors"].get("env", {})) & ENV_BLOCKLIST:
        raise Refused("environment variable is not allowed to be used in credentials")
    # Each template is tried with every field filled in, in the sandbox, where an unknown name is an error.
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    names = dict.fromkeys(fields, "EXAMPLE")
    files = one["injectors"].get("file", {})
    if "template" in files and len(files) > 1:
        raise Refused("one file is called template, several template.NAME")
    if files:
        several = {name.partition(".")[2]: "EXAMPLE" for name in files}
        names["tower"] = {"filename": "EXAMPLE" if "template" in files else several}
    for templates in one["injectors"].values():
        for name, template in templates.items():
            try:
                sandbox.from_string(template).render(names)
            except UndefinedError as error:
                raise Refused(f"{name} uses an undefined field ({error})") from error


def check_credential(inputs: Mapping[str, Any], its_type: Mapping[str, Any]) -> None:
    fields = {field["id"]: field for field in its_type["inputs"]["fields"]}
    if inputs.keys() - fields.keys():
        raise Refused(f"no such fields: {inputs.keys() - fields.keys()}")
    lacking = [name for name in its_type["inputs"].get("required", []) if not inputs.get(name)]
    if lacking:
        raise Refused(f"required for {its_type['name']}: {lacking}")
    for name, value in inputs.items():
        if value not in fields[name].get("choices", [value]):
            raise Refused(f"{name} is none of its choices")


def check_survey(survey: Mapping[str, Any]) -> None:
    questions = survey["spec"]
    if not questions:
        raise Refused("'spec' doesn't contain any items.")
    if not all(isinstance(survey[name], str) for name in ("name", "description")):
        raise Refused("name and description are texts")
    for number, one in enumerate(questions):
        types = {"question_name": str, "variable": str, "required": bool, "type": str}
        if not all(isinstance(one.get(name), kind) for name, kind in types.items()) or one["type"] not in ANSWERS:
            raise Refused(f"question {number} lacks something")
        if not all(isinstance(one[name], int) for name in ("min", "max") if name in one):
            raise Refused(f"limits of question {number} must be integers")
        if one["type"] in ("multiplechoice", "multiselect") and not one.get("choices"):
            raise Refused(f"question {number} must specify choices")
        default = one.get("default", "")
        # A default of several choices is one text with a line for each.
        kind = str if one["type"] == "multiselect" else ANSWERS[one["type"]]
        if default != "" and (type(default) is not kind or default not in (one.get("choices") or [default])):
            raise Refused(f"default of question {number} is none of its answers")
    variables = [one["variable"] for one in questions]
    if len(set(variables)) != len(variables):
        raise Refused("a variable is asked for twice")


def answered(questions: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a job whose survey was answered so. Raises Refused for answers that AWX would not take."""
    variables = {one["variable"]: one["default"] for one in questions if one.get("default", "") != ""}
    known = {one["variable"]: one for one in questions}
    if answers.keys() - known.keys():
        raise Refused(f"Variables {answers.keys() - known.keys()} are not allowed on launch.")
    for name, value in answers.items():
        one = known[name]
        kinds = (int, float) if one["type"] == "float" else (ANSWERS[one["type"]],)
        if type(value) not in kinds:
            raise Refused(f"Value {value} for '{name}' expected to be of type {one['type']}")
        size = value if isinstance(value, int | float) else len(value)
        if not one.get("min", size) <= size <= one.get("max", size):
            raise Refused(f"'{name}' is too small or too large")
        if one.get("choices") and not set(value if isinstance(value, list) else [value]) <= set(one["choices"]):
            raise Refused(f"Value {value} for '{name}' expected to be one of {one['choices']}")
    lacking = [one["variable"] for one in questions if one["required"] and one["variable"] not in variables | answers]
    if lacking:
        raise Refused(f"value missing: {lacking}")
    return {**variables, **answers}
