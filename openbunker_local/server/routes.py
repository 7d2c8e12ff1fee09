"""The routes of template.yaml and the handlers they name. Read from there, never repeated here."""

import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_PARAMETER = re.compile(r"\{(\w+)\}")
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


# libyaml's parser takes a seventh of the time of PyYAML's own, where the wheel carries it.
_Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _TemplateLoader(_Safe):  # type: ignore[misc, valid-type]
    """Reads CloudFormation's short intrinsics (`!Ref`, `!Sub`, ...) as plain values."""


def _intrinsic(loader: _TemplateLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_TemplateLoader.add_multi_constructor("!", _intrinsic)


@dataclass(frozen=True, slots=True)
class Route:
    """One route of the HTTP API: method, path and the file and name of its handler."""

    method: str
    path: str
    module: Path
    attribute: str


class Routes:
    """The handlers of a template by path and method."""

    def __init__(self, routes: Mapping[str, Mapping[str, Handler]]) -> None:
        self._by_path = routes
        # As the gateway has it: a parameter is one segment, and is never empty.
        self._forms = [
            (path, re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path)))
            for path in routes
            if _PARAMETER.search(path)
        ]

    def find(self, method: str, path: str) -> Handler | None:
        """Return the handler of a route, None when there is none."""
        return self._by_path.get(self.pattern(path), {}).get(method)

    def find_any(self, path: str) -> Handler | None:
        """Return a handler of a path, whatever the method; None when the path is unknown."""
        return next(iter(self._by_path.get(self.pattern(path), {}).values()), None)

    def methods(self, path: str) -> list[str]:
        """Return the methods of a path, whoever answers them."""
        return list(self._by_path.get(self.pattern(path), ()))

    def pattern(self, path: str) -> str:
        """Return the route's path as the template has it; the path itself when it is unknown."""
        if path in self._by_path:
            return path
        return next((known for known, form in self._forms if form.fullmatch(path)), path)

    def paths(self) -> list[str]:
        """Return all paths, as the template has them."""
        return list(self._by_path)

    def parameters(self, path: str) -> dict[str, str]:
        """Return what a path holds in place of the `{name}`s of its route."""
        if path in self._by_path:
            return {}
        found = (form.fullmatch(path) for _, form in self._forms)
        return next((one.groupdict() for one in found if one), {})


def read_routes(template: Path) -> Iterator[Route]:
    """Yield the HTTP API routes of a SAM template."""
    # A SafeLoader subclass: it builds plain values only.
    document = yaml.load(template.read_text(encoding="utf-8"), Loader=_TemplateLoader)  # noqa: S506
    for resource in document["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        properties = resource["Properties"]
        file, attribute = properties["Handler"].rsplit(".", 1)
        module = template.parent / properties["CodeUri"] / f"{file}.py"
        for event in properties.get("Events", {}).values():
            if event["Type"] == "HttpApi":
                route = event["Properties"]
                yield Route(route["Method"].upper(), route["Path"], module, attribute)


def imported(file: Path, attribute: str) -> Handler:
    """Return a handler, its module loaded."""
    # Every function's module is called `app`: give each a name of its own.
    spec = importlib.util.spec_from_file_location(f"functions_{file.parent.name}", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Handler = getattr(module, attribute)
    return handler


def load(template: Path, handler: Callable[[Path, str], Handler] = imported) -> Routes:
    """Return the routes of a template, with the handlers that it names; each is asked for once."""
    handlers: dict[tuple[Path, str], Handler] = {}
    table: dict[str, dict[str, Handler]] = {}
    for route in read_routes(template):
        where = (route.module, route.attribute)
        if where not in handlers:
            handlers[where] = handler(*where)
        table.setdefault(route.path, {})[route.method] = handlers[where]
    return Routes(table)
