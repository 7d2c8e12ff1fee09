"""The log of replay, compact and erase, where a start costs nobody anything: Powertools writes it.

Each line has the form and the metrics of all others (`web.log_lines`), and tells beside them which
call it belongs to and what that call was about. No other function imports this: see
docs/decisions/0070-powertools-where-a-start-costs-nobody.md.
"""

import json
import logging
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from openbunker.web import log_lines

# Of what Powertools knows of a call, what a line tells.
TOLD = ("function_request_id", "correlation_id")
_AT = {"WARNING": Logger.warning, "ERROR": Logger.error}
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Lines:
    """What writes the lines of one environment of a function to standard output."""

    def __init__(self, stack: str, function: str) -> None:
        self._labels = {"stack": stack, "function": function}
        self._colds = iter((1,))
        self.logger = Logger(
            service=f"{stack} {function}",
            level=logging.INFO,
            logger_handler=_Output(),
            logger_formatter=_Flat(),
        )

    def __call__(self, line: Mapping[str, Any]) -> None:
        """Write a line; the first one tells that the environment is new."""
        told = dict(line)
        for cold in self._colds:
            told["cold_start"] = cold
        write = _AT.get(str(line.get("level")), Logger.info)
        write(self.logger, measured(told, self._labels))


class _Output(logging.Handler):
    """Writes to what is standard output at that moment, as the other functions' lines do."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stdout.write(self.format(record) + "\n")


class _Flat(LambdaPowertoolsFormatter):
    """One object a line: what was told, and of what Powertools adds the call's names alone."""

    def serialize(self, log: Any) -> str:
        """Return the line; what others of the process log stands below `message`."""
        told = log["message"]
        line = told if isinstance(told, dict) else {"level": log["level"], "message": told}
        return json.dumps({**line, **{name: log[name] for name in TOLD if log.get(name)}})


def measured(line: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a line with the labels of what it counts, and with what CloudWatch reads it by."""
    directives, needed = list[Any](), dict[str, str]()
    at_ms = 0
    for names, counted in log_lines.by_labels(line).items():
        metrics = AmazonCloudWatchEMFProvider(namespace=log_lines.NAMESPACE, service="")
        for name in counted:
            metrics.add_metric(name, MetricUnit.NoUnit, line[name])
        for label in names:
            metrics.add_dimension(label, line.get(label) or labels[label])
        told = metrics.serialize_metric_set()
        directives += told["_aws"]["CloudWatchMetrics"]
        at_ms = told["_aws"]["Timestamp"]
        needed |= {label: labels[label] for label in names if label in labels}
    if not directives:
        return line
    return {**line, **needed, "_aws": {"Timestamp": at_ms, "CloudWatchMetrics": directives}}


@cache
def of(stack: str, function: str) -> Lines:
    """Return what writes the lines of this environment."""
    return Lines(stack, function)


def told(lines: Lines, correlation: str) -> Callable[[Handler], Handler]:
    """Return what has a handler's lines tell its call, and what the event names at a path."""

    def logged(handler: Handler) -> Handler:
        inject = lines.logger.inject_lambda_context
        named: Handler = inject(handler, correlation_id_path=correlation, clear_state=True)
        return named

    return logged
