"""Objectives by which a test sees and steers a worker from outside; loaded by workers, as a user's file is."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MIB = 2**20


def quick(trial):
    """Ends at once; says where it ran."""
    trial.set_user_attr("marked", os.environ.get("STUDY_MARK"))
    print(f"trial {trial.number} was here")
    return trial.suggest_float("x", 0.0, 1.0)


def until_stopped(trial):
    """Reports until its worker is asked to stop."""
    step = 0
    while True:
        trial.report(0.5, step)
        step += 1
        time.sleep(0.05)


def deaf(trial):
    """Reports once, and then hears nothing any more."""
    trial.report(0.5, 0)
    while True:
        time.sleep(1.0)


def silent(trial):
    """Never reports."""
    time.sleep(3600)


def large(trial):
    """Holds 200 MiB when it reports, until its worker is asked to stop."""
    held = bytearray(os.urandom(MIB)) * 200
    while held:
        trial.report(0.5, 0)
        time.sleep(0.05)


def plain():
    """A program."""
    return subprocess.Popen(["sleep", "3600"]).pid


def of_another_session():
    """A program that has left the worker's session, as `start_new_session=True` has it."""
    return subprocess.Popen(["sleep", "3600"], start_new_session=True).pid


def deaf_to_sigterm():
    """A program that has to be killed."""
    words = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE)
    child.stdout.readline()
    return child.pid


def forked():
    """A process of multiprocessing, which holds whatever the worker had open."""
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(3600,))
    child.start()
    return child.pid


def daemon():
    """A program that has left everything: its parent has ended, its session is its own."""
    shell = ["sh", "-c", "setsid sleep 3600 >/dev/null 2>&1 & echo $!"]
    return int(subprocess.run(shell, stdout=subprocess.PIPE, check=True).stdout)


def forked_daemon():
    """The same without a program of its own: forked twice."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if (pid := os.fork()) == 0:
            time.sleep(3600)
        os.write(write, str(pid).encode())
        os._exit(0)
    os.wait()
    return int(os.read(read, 100))


CHILDREN = (plain, of_another_session, deaf_to_sigterm, forked, daemon, forked_daemon)


def with_children(trial):
    """Starts processes of every kind; then ends, or goes on, as the environment says."""
    pids = [start() for start in CHILDREN]
    trial.set_user_attr("children", pids)
    trial.report(0.5, 0)
    match os.environ["STUDY_END"]:
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "reports":
            until_stopped(trial)
        case "is deaf":
            time.sleep(3600)
    return 1.0


def childs_signals(trial):
    """Says how programs that it starts, and processes that it forks, take the signals that ask for an end."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    program = f"import signal; print([repr(signal.getsignal(getattr(signal, name))) for name in {names}])"
    said = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)
    trial.set_user_attr("program", said.stdout.strip())
    read, write = os.pipe()
    if os.fork() == 0:
        os.write(write, str([repr(signal.getsignal(getattr(signal, name))) for name in names]).encode())
        os._exit(0)
    os.wait()
    trial.set_user_attr("fork", os.read(read, 1000).decode())
    trial.set_user_attr("blocked", [number.name for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())])
    return 1.0


def shares(trial):
    """Holds 200 MiB, which four forked processes have in common with it, until its worker is asked to stop."""
    held = bytearray(os.urandom(MIB)) * 200
    for _ in range(4):
        if os.fork() == 0:
            held.count(0)  # looked at, not changed
            time.sleep(3600)
    until_stopped(trial)


def deadly(trial):
    """Kills its worker, once."""
    once = Path(os.environ["STUDY_ONCE"])
    if not once.exists():
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 1.0
