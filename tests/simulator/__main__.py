# Copyright (c) 2026 The community.infisical authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a simulated server from the command line until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import json
import logging
import pathlib
import signal
import threading

from . import Simulator
from .generations import GENERATIONS

AWS_KEYS = {"simulated-access-key": "simulated-secret-key"}


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--generation", choices=sorted(GENERATIONS), default="2026")
    parser.add_argument("--open", action="store_true", help="create native integrations, which 2026 refuses")
    parser.add_argument("--with-aws", action="store_true", help="also run a simulated AWS (moto)")
    parser.add_argument("--rate-limits", action="store_true")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file", help="a file to write the printed line to as well")
    options = parser.parse_args(arguments)

    # Before anything runs, so that an early signal also ends it cleanly.
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    aws = None
    endpoint = None
    if options.with_aws:
        # It takes seconds to import, and runs without it are to start at once.
        from moto.server import ThreadedMotoServer  # noqa: PLC0415

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        aws = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        aws.start()
        host, port = aws.get_host_and_port()
        endpoint = f"http://{host}:{port}"
    try:
        simulator = Simulator(
            generation=options.generation,
            create_open=True if options.open else None,
            rate_limits=options.rate_limits,
            aws_endpoint_url=endpoint,
            aws_credentials=AWS_KEYS if endpoint else None,
            host=options.host,
            port=options.port,
        )
    except ValueError as error:
        parser.error(str(error))
    try:
        with simulator:
            line = json.dumps(_description(simulator, endpoint))
            # First the file: who reads the line may look for it at once.
            if options.ready_file:
                pathlib.Path(options.ready_file).write_text(line + "\n", encoding="utf-8")
            print(line, flush=True)
            stopped.wait()
    finally:
        if aws is not None:
            aws.stop()
    return 0


def _description(simulator: Simulator, aws_endpoint: str | None) -> dict:
    identities = {
        one.name: {"identity_id": one.identity_id, "client_id": one.client_id, "client_secret": one.client_secret}
        for one in (simulator.admin, simulator.member, simulator.viewer, simulator.outsider)
    }
    return {
        "url": simulator.url,
        "generation": simulator.generation.name,
        "project_id": simulator.project_id,
        "other_project_id": simulator.other_project_id,
        "identities": identities,
        "aws_endpoint_url": aws_endpoint,
        "aws_credentials": AWS_KEYS if aws_endpoint else None,
    }


if __name__ == "__main__":
    raise SystemExit(main())
