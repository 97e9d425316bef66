"""Whether a thing can be called with the trial alone, and the way out where it cannot."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import NoReturn

from objectives.errors import ObjectiveError
from objectives.user_code.running import bound_names


def check_takes_a_trial(reference: str, name: str, signature: inspect.Signature) -> None:
    """Refuse a function that cannot be called with one argument.

    Raises:
        ObjectiveError: with the lines that make an objective of it.
    """
    try:
        signature.bind(object())
    except TypeError as error:
        raise ObjectiveError(
            f"{reference}{signature} cannot be called with the trial alone ({error})", hint=_way_out(name, signature)
        ) from error


def _way_out(name: str, signature: inspect.Signature) -> str:
    try:
        signature.bind()
    except TypeError:
        return (
            "an objective takes exactly one argument; add `def objective(trial): return "
            f"{name}(trial, ...)` to the file, with what it needs, and launch that"
        )
    return (
        f"an objective takes exactly one argument; if {name}() makes the objective, add `objective = {name}()` to the "
        "file, outside of any function, and launch that"
    )


def needs_arguments(reference: str, name: str, problem: str) -> ObjectiveError:
    """Return the error for a class that cannot be made without arguments."""
    return ObjectiveError(
        f"{reference}: the class {name} cannot be made without arguments ({problem})",
        hint=f"add `objective = {name}(...)` to the file, outside of any function and main guard, and launch that",
    )


def refuse_coroutine(reference: str) -> NoReturn:
    """Refuse a function that returns no number when it is called.

    Raises:
        ObjectiveError: always.
    """
    raise ObjectiveError(f"{reference} is an async function or a generator", hint="an objective returns a number")


def refuse_uncallable(reference: str, kind: str) -> NoReturn:
    """Refuse a thing that is no function.

    Raises:
        ObjectiveError: always.
    """
    raise ObjectiveError(
        f"{reference} is of type {kind} and cannot be called",
        hint="an objective is a function of the trial, or a class whose instances are",
    )


def check_definition(reference: str, definition: ast.stmt) -> None:
    """Refuse a function or class whose text alone says that it is no objective; a decorator could change that.

    Raises:
        ObjectiveError: with the way out.
    """
    match definition:
        case ast.AsyncFunctionDef(decorator_list=[]):
            refuse_coroutine(reference)
        case ast.FunctionDef(name=name, args=arguments, decorator_list=[], body=body):
            check_takes_a_trial(reference, name, _signature(arguments))
            _check_reads_no_settings(reference, name, (*arguments.posonlyargs, *arguments.args)[:1], body)
        case ast.ClassDef(name=name, bases=[], keywords=[], decorator_list=[], body=body):
            _check_class(reference, name, body)
        case _:
            pass


def _check_reads_no_settings(reference: str, name: str, first: Sequence[ast.arg], body: Sequence[ast.stmt]) -> None:
    # As a trainable of Ray Tune does.
    nodes = [node for line in body for node in ast.walk(line)]
    for argument in first:
        reads = [node for node in nodes if isinstance(node, ast.Subscript) and _is_name(node.value, argument.arg)]
        if reads and len(reads) == sum(_is_name(node, argument.arg) for node in nodes):
            key = ast.unparse(reads[0].slice)
            raise ObjectiveError(
                f"{reference} reads {argument.arg}[{key}] (line {reads[0].lineno}), and a trial has no such values",
                hint=(
                    f"add `def objective(trial): return {name}({{{key}: trial.suggest_float({key}, LOW, HIGH)}})` to "
                    "the file and launch that"
                ),
            )


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _check_class(reference: str, name: str, body: Sequence[ast.stmt]) -> None:
    methods = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    if "__new__" in methods:
        return
    if (made := methods.get("__init__")) is not None and not made.decorator_list:
        try:
            _signature(made.args).bind(object())
        except TypeError as error:
            raise needs_arguments(reference, name, str(error)) from None
    if "__call__" not in bound_names(body):
        refuse_uncallable(reference, name)


def _signature(arguments: ast.arguments) -> inspect.Signature:
    parameter = inspect.Parameter
    # That some are for their place alone makes no difference here.
    places = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    needed = len(places) - len(arguments.defaults)
    found = [
        parameter(name, parameter.POSITIONAL_OR_KEYWORD, default=parameter.empty if place < needed else ...)
        for place, name in enumerate(places)
    ]
    if arguments.vararg is not None:
        found.append(parameter(arguments.vararg.arg, parameter.VAR_POSITIONAL))
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(parameter(each.arg, parameter.KEYWORD_ONLY, default=parameter.empty if default is None else ...))
    if arguments.kwarg is not None:
        found.append(parameter(arguments.kwarg.arg, parameter.VAR_KEYWORD))
    return inspect.Signature(found)
