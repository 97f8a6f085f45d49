"""The list of items, in the order their modules name them."""

from collections.abc import Callable
from dataclasses import dataclass

from .attempt import Attempt


@dataclass(frozen=True)
class Item:
    """Something that must come out the same on both libraries."""

    name: str
    program: str
    does: str
    action: Callable[[Attempt], None]


ITEMS: list[Item] = []


def item(program: str, does: str) -> Callable:
    """Registers a function as an item, named after its module and itself."""

    def register(action: Callable[[Attempt], None]) -> Callable[[Attempt], None]:
        module = action.__module__.rsplit(".", 1)[-1]
        ITEMS.append(Item(f"{module}.{action.__name__}", program, does, action))
        return action

    return register
