"""storage verify, storage backup, storage copy: the care of the database itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studies.commands.options import DEFAULT_STORAGE, Json, Storage, examples, locate
from studies.commands.output import console, error_line, print_json, table


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    group = typer.Typer(name="storage", help="Verify, back up or copy the database with its studies.")
    group.command(epilog=examples("studyhall storage verify", "studyhall storage verify --repair --storage big.db"))(
        verify
    )
    group.command(
        epilog=examples(
            "studyhall storage backup /media/usb/monday.db",
            "studyhall storage backup latest.db --force --storage big.db",
        )
    )(backup)
    group.command(
        epilog=examples(
            "studyhall storage copy studyhall.db archive.db --study digits_mlp",
            "STUDYHALL_FILES=/data/files studyhall storage copy studyhall.db postgresql://eva@db/studies",
        )
    )(copy)
    app.add_typer(group)


def verify(
    storage: Storage = DEFAULT_STORAGE,
    repair: Annotated[
        bool, typer.Option("--repair", help="Hand trials of dead workers back; delete what belongs to nothing.")
    ] = False,
    json: Json = False,
) -> int:
    """Look for damage, rows and files that belong to nothing, and trials whose worker is gone. 1 if any is left."""
    from storage.maintenance import integrity

    location = locate(storage)
    found = integrity.verify(location, repair=repair)
    left = [finding for finding in found if finding.is_open]
    if json:
        print_json(
            {
                "storage": str(location),
                "sound": not left,
                "findings": [
                    {"kind": row.kind, "level": row.level, "repaired": row.repaired, "text": row.text} for row in found
                ],
            }
        )
        return 1 if left else 0
    out = console()
    if found:
        rows = [(row.kind, "repaired" if row.repaired else row.level, row.text) for row in found]
        out.print(table(["what", "", "found"], rows))
        out.print()
    told = f"{location}: {len(left)} fault(s)" if left else f"{location}: sound"
    if any(finding.cure for finding in left):
        told += "; `studyhall storage verify --repair` repairs what can be"
    out.print(told, markup=False)
    return 1 if left else 0


def backup(
    target: Annotated[Path, typer.Argument(metavar="DST", help="The file to make.")],
    storage: Storage = DEFAULT_STORAGE,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an older backup.")] = False,
    json: Json = False,
) -> int:
    """Copy the SQLite database into one file, as it is at this moment, while workers run."""
    from storage.maintenance.backup import back_up

    location = locate(storage)
    trials = back_up(location, target, force=force)
    if json:
        print_json({"storage": str(location), "backup": str(target.absolute()), "trials": trials})
        return 0
    out = console()
    out.print(table(["study", "trials"], [(name, str(count)) for name, count in trials.items()]))
    out.print(f"\n{target}: whole and checked; the folder {location.files} is not part of it", markup=False)
    return 0


def copy(
    source: Annotated[str, typer.Argument(metavar="SRC", help="The storage that has the studies.")],
    target: Annotated[
        str, typer.Argument(metavar="DST", help="The storage to bring them to; made if it is not there.")
    ],
    study: Annotated[list[str] | None, typer.Option("--study", help="Only this study. Repeatable.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also a study that runs, as it is at this moment.")] = False,
    json: Json = False,
) -> int:
    """Copy studies whole, with their files, between SQLite files and PostgreSQL; SRC keeps them."""
    from storage import StorageError, StorageLocation, open_storage
    from storage.maintenance.copying import CopyError, Side, copy_study, refuse_conflicts
    from studies.errors import StudyError
    from studies.record.sessions import live_sessions
    from studies.record.stored import load

    places = StorageLocation.parse(source), StorageLocation.parse(target)
    if places[0].is_same(places[1]):
        raise StorageError(f"SRC and DST are the same storage, {places[0]}; name another")
    here = Side(places[0], open_storage(places[0]))
    names = list(dict.fromkeys(study or [])) or [frozen.study_name for frozen in here.storage.get_all_studies()]
    for name in names:
        stored = load(here.location, here.storage, name)
        if not force and live_sessions(stored.attributes):
            raise StudyError(
                f"study {name!r} is running; `studyhall stop '{name}'` first, or --force copies it as it is now"
            )
    there = Side(places[1], open_storage(places[1], create=True))
    refuse_conflicts(here, there, names)
    done = []
    try:
        for name in names:
            done.append(copy_study(here, there, name))
    except CopyError as differs:
        error_line(f"study {name!r}: {differs}")
        return 1
    if json:
        print_json({"from": str(here.location), "to": str(there.location), "studies": [vars(row) for row in done]})
        return 0
    out = console()
    out.print(table(["study", "trials", "files"], [(row.study, str(row.trials), str(row.files)) for row in done]))
    out.print(f"\n{there.location}: whole and compared; {here.location} keeps them", markup=False)
    return 0
