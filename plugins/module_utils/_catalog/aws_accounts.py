# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which account of AWS a login is for, as far as its public parts tell. Nothing is asked for that."""

from __future__ import annotations

import base64
import re

# What follows the first four characters is base32 (RFC 4648), of 80 bits. Keys of today's form have the first bit set,
# and in the 40 bits after it the number of the account. AWS does not document that; it has been so for years.
_KEY_ID = re.compile(r"A(?:KI|SI)A[Q-Z2-7][A-Z2-7]{15}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):role/.+")


def account_of_key(access_key_id: object) -> str | None:
    """Return the 12 digits of the account that an access key is for; None where its ID has another, or older, form."""
    text = str(access_key_id or "").strip()
    if not _KEY_ID.fullmatch(text):
        return None
    bits = int.from_bytes(base64.b32decode(text[4:]), "big")
    number = (bits >> 39) & (2**40 - 1)
    return f"{number:012d}" if number < 10**12 else None


def account_of_role(role_arn: object) -> str | None:
    """Return the account that a role belongs to; None for what is no ARN of a role."""
    found = _ROLE.fullmatch(str(role_arn or "").strip())
    return found["account"] if found else None
