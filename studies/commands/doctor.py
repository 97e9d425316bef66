"""doctor: what this machine has."""

from __future__ import annotations

from studies import api
from studies.commands.options import DEFAULT_STORAGE, Json, Storage
from studies.commands.output import console, print_json, table

EXAMPLES = ("studyhall doctor", "studyhall doctor --storage /data/big.db --json")


def command(storage: Storage = DEFAULT_STORAGE, json: Json = False) -> int:
    """Report versions, devices, storage, data and missing extras of this machine."""
    findings = api.doctor(storage=storage)
    if json:
        print_json([vars(finding) for finding in findings])
    else:
        signs = {"ok": "ok", "note": "note", "fault": "FAULT"}
        rows = [(finding.subject, signs[finding.level], finding.text) for finding in findings]
        console().print(table(["what", "", "found"], rows))
    return 1 if any(finding.level == "fault" for finding in findings) else 0
