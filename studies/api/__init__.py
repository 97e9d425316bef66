"""The product as functions: the command line parses, calls them and prints; a notebook calls them and looks.

from studies import api

running = api.start("digits_mlp", workers=2)
running.progress().finished
running.stop()
api.best("digits_mlp").trials[0].params
"""

from importlib import import_module
from typing import TYPE_CHECKING

from studies.errors import (
    STUDYHALL_ERRORS,
    DeviceError,
    RerunError,
    StudyError,
    StudyFileError,
    StudyGone,
    StudyNotFound,
)

if TYPE_CHECKING:
    from studies.api.background import BackgroundLaunch, start
    from studies.api.checking import CheckReport, check, doctor, rerun
    from studies.api.keeping import BackupReport, CopyReport, VerifyReport, backup, copy, delete, verify
    from studies.api.listing import StudySummary, list_studies
    from studies.api.places import locate, storage_flag
    from studies.api.reading import BestTrials, StudyReport, TrialReport, best, show, status, trial
    from studies.api.running import LaunchOptions, LaunchReport, launch, resume, worker
    from studies.api.serving import LOOPBACK, dashboard
    from studies.api.stopping import StopRequest, stop
else:
    # Each is imported when it is asked for: whoever lists the studies does not wait for what runs them.
    _MODULES = {
        "background": ("BackgroundLaunch", "start"),
        "checking": ("CheckReport", "check", "doctor", "rerun"),
        "keeping": ("BackupReport", "CopyReport", "VerifyReport", "backup", "copy", "delete", "verify"),
        "listing": ("StudySummary", "list_studies"),
        "places": ("locate", "storage_flag"),
        "reading": ("BestTrials", "StudyReport", "TrialReport", "best", "show", "status", "trial"),
        "running": ("LaunchOptions", "LaunchReport", "launch", "resume", "worker"),
        "serving": ("LOOPBACK", "dashboard"),
        "stopping": ("StopRequest", "stop"),
    }
    _HOMES = {name: module for module, names in _MODULES.items() for name in names}

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__():
        return sorted({*globals(), *_HOMES})


__all__ = [
    "LOOPBACK",
    "STUDYHALL_ERRORS",
    "BackgroundLaunch",
    "BackupReport",
    "BestTrials",
    "CheckReport",
    "CopyReport",
    "DeviceError",
    "LaunchOptions",
    "LaunchReport",
    "RerunError",
    "StopRequest",
    "StudyError",
    "StudyFileError",
    "StudyGone",
    "StudyNotFound",
    "StudyReport",
    "StudySummary",
    "TrialReport",
    "VerifyReport",
    "backup",
    "best",
    "check",
    "copy",
    "dashboard",
    "delete",
    "doctor",
    "launch",
    "list_studies",
    "locate",
    "rerun",
    "resume",
    "show",
    "start",
    "status",
    "stop",
    "storage_flag",
    "trial",
    "verify",
    "worker",
]
