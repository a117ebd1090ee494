"""`sandbox`: the built-in platform, served until Ctrl-C."""

from __future__ import annotations

import shlex
from typing import Any

import click

from paper_run.cli import (
    connect,
    flags,
    output,
)
from paper_run.cli.parsing import WithoutNames, options_of
from paper_run.errors import ExitStatus


@click.command(cls=WithoutNames)
@options_of("sandbox")
def sandbox(**given: Any) -> ExitStatus:
    """Serve the built-in platform (signal service, gateway, orchestrator, quotes, broker) until Ctrl-C.

    Everything it says is simulated. Its account is kept in the sandbox folder of the reports folder.
    """
    from paper_run.sandbox import Sandbox
    from paper_run.settings import auth

    sources = flags.sources(given)
    is_signed = auth.sandbox_demands(sources.last("--auth"))
    known = auth.read(sources) if is_signed else None
    identity = known or (connect.made_identity() if is_signed else None)
    secret = identity.secret if identity else None
    first = flags.whole_number(given, "port", least=0, most=65532)
    folder = flags.reports_folder({**given, "sandbox": True})
    console = output.console(given)
    with (
        connect.sandbox_errors(),
        Sandbox(connect.state_file(folder), ports=connect.ports(first), secret=secret) as platform,
    ):
        console.say("SANDBOX - simulated prices. Ctrl-C stops it.")
        console.say()
        console.say(f"  Signal Service     {platform.signal_service_url}")
        console.say(f"  Execution Gateway  {platform.execution_gateway_url}")
        console.say(f"  Orchestrator       {platform.orchestrator_url}")
        console.say(f"  Quotes             {platform.quotes_url}")
        console.say(f"  Broker             {platform.broker_url}/v2")
        console.say()
        console.say(f"  Next session       {platform.session}")
        console.say(f"  Account            {connect.state_file(folder)}")
        if is_signed:
            console.say("  Signatures         demanded by signal service and gateway")
        console.say()
        console.say("Run a day against it from another terminal:")
        console.say()
        urls = (
            f" --signal-service-url {platform.signal_service_url}"
            f" --execution-gateway-url {platform.execution_gateway_url}"
            f" --orchestrator-url {platform.orchestrator_url}"
        )
        # A secret that was made for this sandbox alone has to be told: it is nobody's.
        made = f"{auth.SECRET}={secret} " if secret is not None and known is None else ""
        key, word = platform.broker_keys
        made += f"ALPACA_API_KEY_ID={key} ALPACA_API_SECRET_KEY={word} "
        made += f"ALPACA_BASE_URL={platform.broker_url} "
        console.say(f"  {made}{flags.program()} --reports-dir {shlex.quote(str(folder))}{urls}")
        try:
            connect.wait_for_ctrl_c()
        except KeyboardInterrupt:
            console.say()
            console.say("Stopped.")
    return ExitStatus.SUCCESS
