"""Which worker gets which device, and how many threads: assigned before any framework has touched one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from studies.errors import DeviceError


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU as NVML lists it. ``index`` is its place on the PCI bus; memory in bytes."""

    index: int
    uuid: str
    name: str
    memory: int


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The place of one worker: its number, what it runs on in words, and the environment that pins it there."""

    number: int
    device: str
    threads: int
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SlotRequest:
    """The places that a launch asks for.

    Each worker has ``threads`` threads; None means its share of the cores. At most ``per_device`` workers share a GPU;
    None means as many as the number of workers makes it.
    """

    workers: int
    devices: Sequence[int] | Literal["all", "none"] = "all"
    per_device: int | None = None
    threads: int | None = None


def find_gpus() -> list[Gpu]:
    """The NVIDIA GPUs of this machine; none where there is no driver. Touches no framework."""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        handles = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        return [
            Gpu(
                index=index,
                uuid=pynvml.nvmlDeviceGetUUID(handle),
                name=pynvml.nvmlDeviceGetName(handle),
                memory=pynvml.nvmlDeviceGetMemoryInfo(handle).total,
            )
            for index, handle in enumerate(handles)
        ]
    finally:
        pynvml.nvmlShutdown()


def visible(gpus: Sequence[Gpu], environment: Mapping[str, str] = os.environ) -> list[Gpu]:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves to this process, in its order."""
    wish = environment.get("CUDA_VISIBLE_DEVICES")
    if wish is None:
        return list(gpus)
    by_name = {str(gpu.index): gpu for gpu in gpus} | {gpu.uuid: gpu for gpu in gpus}
    chosen = []
    for name in wish.split(","):
        if name.strip() not in by_name:
            break  # as CUDA does: the first unknown one ends the list
        chosen.append(by_name[name.strip()])
    return chosen


def assign(gpus: Sequence[Gpu], request: SlotRequest, *, cores: int) -> list[Slot]:
    """A slot for each worker: GPUs round robin, or shares of the cores where there are none.

    Raises:
        DeviceError: a device that is not there, or more workers than the GPUs take.
    """
    chosen = _choose(gpus, request.devices)
    threads = request.threads or max(1, cores // request.workers)
    if not chosen:
        hidden = {"CUDA_VISIBLE_DEVICES": "-1"} if gpus or request.devices == "none" else {}
        device = f"{threads} core{'s' if threads > 1 else ''}"
        environment = {**hidden, **thread_environment(threads)}
        return [Slot(number=n, device=device, threads=threads, environment=environment) for n in range(request.workers)]
    sharing = -(-request.workers // len(chosen))
    if request.per_device is not None and sharing > request.per_device:
        raise DeviceError(
            f"{request.workers} workers on {len(chosen)} GPU{'s' if len(chosen) > 1 else ''} are {sharing} on one, and "
            f"workers.per_device allows {request.per_device}",
            hint=f"start fewer, or say --workers-per-device {sharing}",
        )
    return [_on_gpu(number, chosen[number % len(chosen)], threads, sharing) for number in range(request.workers)]


def _choose(gpus: Sequence[Gpu], devices: Sequence[int] | Literal["all", "none"]) -> list[Gpu]:
    if devices == "none":
        return []
    if devices == "all":
        return list(gpus)
    by_index = {gpu.index: gpu for gpu in gpus}
    missing = [str(index) for index in devices if index not in by_index]
    if missing:
        there = ", ".join(map(str, by_index)) or "none"
        raise DeviceError(f"no GPU {', '.join(missing)} here", hint=f"there: {there} (`studyhall doctor` lists them)")
    return [by_index[int(index)] for index in devices]


def _on_gpu(number: int, gpu: Gpu, threads: int, sharing: int) -> Slot:
    pinned = {
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # NVML's order; CUDA's own is by speed
        "CUDA_VISIBLE_DEVICES": gpu.uuid,
    }
    if sharing > 1:
        pinned |= {
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
            "XLA_PYTHON_CLIENT_MEM_FRACTION": f"{0.9 / sharing:.3f}",
        }
    environment = {**pinned, **thread_environment(threads)}
    return Slot(number=number, device=f"GPU {gpu.index}", threads=threads, environment=environment)


def thread_environment(count: int) -> dict[str, str]:
    """The variables that hold every numeric library to ``count`` threads, read when it is loaded or first runs."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return dict.fromkeys(names, str(count))
