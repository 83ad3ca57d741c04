# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values of a result are, by their keys, and a result without secrets.

A value is masked by its shape: what nobody has named here or in the table of a kind may be anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Union

from .._masking import LEAST_IN_NAMES, Mask
from .kind import Kind
from .shapes import ANY, COUNT, FLAG, NAME, SENTENCE, TEXT, Shape, folded
from .values import ID

# A shape, or the function that gives it for the mapping in which the value stands.
Named = Union[Shape, Callable[[Mapping[str, Any]], Shape]]  # noqa: UP007 - the pylint of ansible-test knows no other

# Mappings with keys of this collection, in lists or not. One name is that of an object here, and of a slug there.
OBJECT = Shape("an object, or the name of one", ANY.fits, least=LEAST_IN_NAMES)
# What results hold beside the fields of objects.
KEYS: Mapping[str, Named] = {
    **dict.fromkeys(("results", "purged", "diff", "before", "after", "export"), OBJECT),
    **dict.fromkeys(("msg", "error", "warnings", "deprecations", "exception"), SENTENCE),
    **dict.fromkeys(("changed", "failed"), FLAG),
    **dict.fromkeys(("index", "counts", "status", "refused_items"), COUNT),
    **dict.fromkeys(("id", "removed", "removed_auths", "removed_integrations", "duplicates"), ID),
    **dict.fromkeys(("action", "name", "error_kind", "req_id", "before_header", "after_header"), NAME),
    # In a diff, what was done beside the change of fields.
    **dict.fromkeys(("credentials", "sync", "import", "removal of the secrets"), NAME),
    # In an export.
    **dict.fromkeys(("credential_variables", "credentials_variable", "validate"), NAME),
    **dict.fromkeys(("auth_namespace", "auth_target_url", "connection_name"), TEXT),
}


def keys_of(*kinds: Kind) -> dict[str, Named]:
    """Return what stands under each key of results about objects of these kinds."""
    found: dict[str, Named] = {"project_id": ID}
    for kind in kinds:
        found.update((item.option, item.shape) for item in (*kind.fields, *kind.read_only))
    for kind in kinds:
        found.update({kind.name: OBJECT, f"{kind.name}s": OBJECT, kind.id_option: ID})
    return found


def option_keys(spec: Mapping[str, Mapping[str, Any]], keys: Mapping[str, Named]) -> dict[str, Named]:
    """Return what stands under each option of an argument spec. `keys` are those of the results."""
    found: dict[str, Named] = {}
    for option, rules in spec.items():
        inner = rules.get("options") or {}
        named = keys.get(option) or (OBJECT if inner else ANY if _is_free(rules) else TEXT)
        if named is OBJECT:
            found.update(option_keys(inner, keys))
        found.update(dict.fromkeys((option, *rules.get("aliases", ())), ANY if rules.get("no_log") else named))
    return found


def _is_free(rules: Mapping[str, Any]) -> bool:
    return "dict" in (rules.get("type"), rules.get("elements"))


def masked(value: Mapping[str, Any], keys: Mapping[str, Named], mask: Mask) -> dict[str, Any]:
    """Return a mapping with these keys without the secrets."""
    shown: dict[str, Any] = _masked(value, OBJECT, value, keys, mask)
    return shown


def _masked(value: Any, named: Named, owner: Mapping[str, Any], keys: Mapping[str, Named], mask: Mask) -> Any:
    shape = named if isinstance(named, Shape) else named(owner)
    # Most values are one of these, and a look for them costs less than one for a mapping.
    if value is None or isinstance(value, str | int):
        # A view has of some mappings of the API one part.
        return mask.value(value, shape.least_shown)
    if isinstance(value, Mapping):
        return _masked_mapping(value, shape, keys, mask)
    if isinstance(value, list | tuple):
        return [_masked(inner, shape.items or shape, owner, keys, mask) for inner in value]
    return mask.value(value, shape.least_shown)


def _masked_mapping(value: Mapping[str, Any], shape: Shape, keys: Mapping[str, Named], mask: Mask) -> dict[str, Any]:
    if shape is OBJECT:
        return {key: _masked(inner, keys.get(key, ANY), value, keys, mask) for key, inner in value.items()}
    # What the API has beside the parts that are known may be anything.
    rest = ANY if shape.parts else shape
    shown = {}
    for key, inner in value.items():
        part = shape.parts_by_option.get(folded(str(key)))
        shown[key if part else mask.key(key, rest.least)] = _masked(inner, part or rest, value, keys, mask)
    return shown
