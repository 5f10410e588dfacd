"""YAML with places: every value knows its line and column, and what agreements don't need is refused.

No anchors, aliases or tags, no key twice, bounded size and depth.
"""

from typing import Any

import msgspec
import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

SIZE = 1024 * 1024
DEPTH = 20
PLAIN = {
    "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:timestamp",
}  # fmt: skip

Path = tuple[str | int, ...]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problem(msgspec.Struct, frozen=True, order=True):
    """Something wrong at a place: line and column count from one; 0 where there is no place."""

    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.line}:{self.column} " if self.line else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.message}"


class BrokenDocument(ValueError):
    """A file that cannot be accepted, with everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Placed:
    """A parsed file: its plain value, and where each path stands."""

    def __init__(self, value: Any, places: dict[Path, tuple[int, int]], problems: list[Problem]) -> None:
        self.value = value
        self.problems = problems
        self._places = places

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at a path, or at the nearest part of it that stands in the file."""
        known = path
        while known and known not in self._places:
            known = known[:-1]
        line, column = self._places.get(known, (0, 0))
        return Problem(line, column, dotted(path), message)


def dotted(path: Path) -> str:
    """A path as it is written: `services.0.id`."""
    return ".".join(map(str, path))


def parse(text: str) -> Placed:
    """Parse a file; what makes it unreadable as a whole is raised, the rest is listed."""
    if len(text.encode()) > SIZE:
        raise BrokenDocument([Problem(0, 0, "", f"the file is larger than {SIZE} bytes")])
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if getattr(event, "anchor", None):
                raise BrokenDocument([_at(event.start_mark, "anchors and aliases are not used here")])
        node = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        raise BrokenDocument([_at(error.problem_mark or error.context_mark, f"not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BrokenDocument([Problem(0, 0, "", "not YAML that can be read")]) from error
    if node is None:
        raise BrokenDocument([Problem(1, 1, "", "the file is empty")])
    reader = _Reader()
    return Placed(reader.read(node, ()), reader.places, reader.problems)


def _at(mark: Any, message: str) -> Problem:
    return Problem(mark.line + 1, mark.column + 1, "", message) if mark else Problem(0, 0, "", message)


class _Reader:
    def __init__(self) -> None:
        self.places: dict[Path, tuple[int, int]] = {}
        self.problems: list[Problem] = []

    def read(self, node: Node, path: Path) -> Any:
        self.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(path) > DEPTH:
            self._say(node, path, f"nested deeper than {DEPTH}")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(item, (*path, number)) for number, item in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                self._say(key, path, "a key must be a plain word")
            elif key.value in found:
                self._say(key, (*path, key.value), "this key stands here twice")
            else:
                found[key.value] = self.read(value, (*path, key.value))
                self.places[(*path, key.value)] = (key.start_mark.line + 1, key.start_mark.column + 1)
        return found

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        if node.tag not in PLAIN:
            self._say(node, path, "write this as text, a whole number, a date, true, false or null")
            return None
        if node.tag == "tag:yaml.org,2002:null":
            return None
        if node.tag == "tag:yaml.org,2002:bool" and node.value in ("true", "false"):
            return node.value == "true"
        if node.tag == "tag:yaml.org,2002:int" and node.value.isdigit():
            return int(node.value)
        return node.value

    def _say(self, node: Node, path: Path, message: str) -> None:
        self.problems.append(Problem(node.start_mark.line + 1, node.start_mark.column + 1, dotted(path), message))
