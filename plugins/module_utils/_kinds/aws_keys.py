# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access keys of AWS before they are stored: AWS is asked whether one is good."""

from __future__ import annotations

from .._errors import InputError, clean_text

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    boto3 = Config = None
    BotoCoreError = ClientError = RuntimeError

# What AWS answers for a key that is none. Any other failure says nothing about the key.
REFUSED = {
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
# Where nothing else is configured: keys of the partitions of China and of the government are not known there.
REGION = "us-east-1"
NOT_PROVED = "not proved: "
PROVED = "proved: "


def prove(option: str, key_id: str, secret: str) -> str:
    """Ask AWS STS whose an access key is, and return what was found: `proved: ...` or `not proved: ...`.

    Raises InputError, which names `option`, where AWS refuses the key. Reaches AWS from where the task runs.
    """
    if boto3 is None:
        return f"{NOT_PROVED}boto3 is not installed where this task runs."
    try:
        session = boto3.Session(aws_access_key_id=key_id, aws_secret_access_key=secret)
        region = session.region_name or REGION
        limits = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 1})
        client = session.client("sts", region_name=region, config=limits)
        account = client.get_caller_identity().get("Account")
    except ClientError as error:
        code = str(getattr(error, "response", {}).get("Error", {}).get("Code"))
        if code not in REFUSED:
            return f"{NOT_PROVED}AWS STS could not verify it: {clean_text(error)}"
        raise InputError(
            f"{option}: AWS rejects the access key, so nothing was written ({clean_text(error)}). The check ran in"
            f" {region}. For a key of another partition, set AWS_REGION; to skip this check, set prove to false."
        ) from None
    except (BotoCoreError, ValueError) as error:
        return f"{NOT_PROVED}AWS STS could not be reached: {clean_text(error)}"
    return f"{PROVED}AWS STS knows the access key; it belongs to account {clean_text(account)}."
