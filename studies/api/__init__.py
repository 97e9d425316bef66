"""The product as functions: the command line parses, calls them and prints; a notebook calls them and looks.

from studies import api

running = api.start("digits_mlp", workers=2)
running.progress().finished
running.stop()
api.best("digits_mlp").trials[0].params
"""

from studies.api.background import BackgroundLaunch, start
from studies.api.checking import CheckReport, check, doctor, rerun
from studies.api.keeping import BackupReport, CopyReport, VerifyReport, backup, copy, dashboard, delete, verify
from studies.api.places import locate
from studies.api.reading import (
    BestTrials,
    StudyReport,
    StudySummary,
    TrialReport,
    best,
    list_studies,
    show,
    status,
    trial,
)
from studies.api.running import LaunchOptions, LaunchReport, launch, resume, worker
from studies.api.stopping import StopRequest, stop
from studies.errors import (
    STUDYHALL_ERRORS,
    DeviceError,
    RerunError,
    StudyError,
    StudyFileError,
    StudyGone,
    StudyNotFound,
)

__all__ = [
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
    "trial",
    "verify",
    "worker",
]
