"""list: all studies of a storage."""

from __future__ import annotations

from storage.errors import StorageMissing
from studies import api
from studies.commands.next_command import completed
from studies.commands.options import DEFAULT_STORAGE, Json, Storage
from studies.commands.output import console, print_json, table
from studies.wording import offered

EXAMPLES = ("studyhall list", "studyhall list --storage big.db --json")


def command(storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """List all studies of the storage."""
    place = api.locate(storage)
    named = api.storage_flag(place)
    try:
        studies = api.list_studies(storage=place)
    except StorageMissing as missing:
        if json:
            print_json([])
        else:
            console().print(completed(str(missing), named), markup=False)
        return 0
    if json:
        print_json([vars(study) for study in studies])
    elif not studies:
        text = f"{place} holds no study yet; {offered('launch', 'quadratic')} makes one"
        console().print(completed(text, named), markup=False)
    else:
        rows = [
            [
                study.name,
                ", ".join(study.directions),
                f"{study.finished}/{study.trials}" if study.trials else str(study.finished),
                str(study.running),
                str(study.waiting),
                str(study.failed),
            ]
            for study in studies
        ]
        console().print(table(["study", "direction", "finished", "running", "waiting", "failed"], rows))
    return 0
