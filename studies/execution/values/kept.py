"""What a database keeps of what an objective gives its trial: attributes of any array library, choices of any form."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from objectives.wording import printable
from storage.optuna_schema.json_values import as_json
from studies.errors import AttributeValueError, ChoiceError


def stored_attribute(key: str, value: Any) -> Any:
    """The value of a user attribute as a database can keep it.

    Raises:
        AttributeValueError: it cannot.
    """
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        pass
    else:
        return value
    try:
        return json.loads(json.dumps(as_json(value)))
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(value).__name__
        inner = "a circle" if isinstance(error, ValueError | RecursionError) else str(error)
        raise AttributeValueError(
            f"the user attribute {key!r} is of the type {kind}"
            f"{'' if inner == kind else f', with {inner} in it'}, which a database cannot keep",
            hint="it keeps numbers, texts, None, and lists, arrays and dicts of them; anything else as a file",
        ) from None


@dataclass
class OwnChoices:
    """The choices of a trial as its objective wrote them, which JSON would give back as something else.

    Optuna is given what the database gives back (lists for tuples, numbers for numpy's), so that every process finds
    the same choices; the objective gets its own object.
    """

    chosen: dict[str, Any] = field(default_factory=dict)
    """The objective's own objects, by parameter."""

    def suggest(self, ask: Callable[[str, Sequence[Any]], Any], name: str, choices: Sequence[Any]) -> Any:
        """Ask for one of the choices.

        Raises:
            ChoiceError: a database cannot keep one of them.
        """
        own = list(choices)
        stored = [_stored_choice(name, choice) for choice in own]
        value = ask(name, stored)
        # The first that is equal, as Optuna notes it: 1 where 1 and True are two choices.
        place = next(at for at, each in enumerate(stored) if each == value or (each != each and value != value))
        self.chosen[name] = own[place]
        return own[place]


def _stored_choice(name: str, choice: Any) -> Any:
    try:
        return json.loads(json.dumps(as_json(choice)))
    except (TypeError, ValueError, RecursionError):
        raise ChoiceError(
            f"the parameter {name!r} has the choice {_shown(choice)}, of the type {type(choice).__name__}, "
            "which a database cannot keep",
            hint="suggest names and look up what they stand for: "
            f'TABLE[trial.suggest_categorical("{name}", list(TABLE))]',
        ) from None


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  of the object's own code
        return "without a name"
    return printable(text if len(text) <= 60 else f"{text[:57]}...")
