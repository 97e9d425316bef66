"""Devices are assigned before any framework runs, so a faked inventory is all it takes."""

from __future__ import annotations

import pytest

from studies.errors import DeviceError
from studies.execution.devices import Gpu, SlotRequest, assign, find_gpus, visible

GPUS = [Gpu(index=index, uuid=f"GPU-{index}", name="H100", memory=80 * 2**30) for index in range(3)]


def assigned(gpus, *, cores, **request):
    return assign(gpus, SlotRequest(**request), cores=cores)


def pins(slots):
    return [slot.environment.get("CUDA_VISIBLE_DEVICES") for slot in slots]


def test_gpus_are_assigned_round_robin():
    assert pins(assigned(GPUS, workers=5, cores=16)) == ["GPU-0", "GPU-1", "GPU-2", "GPU-0", "GPU-1"]


def test_a_worker_alone_on_its_gpu_takes_all_of_its_memory():
    assert all("TF_FORCE_GPU_ALLOW_GROWTH" not in slot.environment for slot in assigned(GPUS, workers=3, cores=16))


def test_workers_that_share_a_gpu_let_its_memory_grow():
    slots = assigned(GPUS[:1], workers=2, cores=16, per_device=2)
    assert pins(slots) == ["GPU-0", "GPU-0"]
    assert all(slot.environment["TF_FORCE_GPU_ALLOW_GROWTH"] == "true" for slot in slots)
    assert {slot.environment["XLA_PYTHON_CLIENT_MEM_FRACTION"] for slot in slots} == {"0.450"}


def test_more_workers_than_places_are_refused_with_the_number_that_fits():
    with pytest.raises(DeviceError, match="--workers-per-device 3"):
        assigned(GPUS[:1], workers=3, cores=16, per_device=2)


def test_only_the_named_devices_are_used():
    assert pins(assigned(GPUS, workers=2, cores=16, devices=(2,))) == ["GPU-2", "GPU-2"]


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(DeviceError, match=r"no GPU 7 here; there: 0, 1, 2"):
        assigned(GPUS, workers=1, cores=16, devices=(0, 7))


@pytest.mark.parametrize("gpus", [GPUS, []])  # NVML is not asked when none are wanted
def test_none_hides_the_gpus(gpus):
    assert pins(assigned(gpus, workers=2, cores=16, devices="none")) == ["-1", "-1"]


@pytest.mark.parametrize(("workers", "cores", "threads"), [(1, 8, 8), (2, 8, 4), (3, 8, 2), (8, 8, 1), (20, 8, 1)])
def test_workers_together_use_no_more_threads_than_cores(workers, cores, threads):
    for slot in assigned([], workers=workers, cores=cores):
        assert slot.environment["OMP_NUM_THREADS"] == str(threads)
        assert slot.environment["TF_NUM_INTRAOP_THREADS"] == str(threads)


def test_the_users_own_choice_of_gpus_is_respected():
    assert visible(GPUS, {"CUDA_VISIBLE_DEVICES": "2,GPU-0"}) == [GPUS[2], GPUS[0]]
    assert visible(GPUS, {"CUDA_VISIBLE_DEVICES": "1,9,0"}) == [GPUS[1]]
    assert visible(GPUS, {"CUDA_VISIBLE_DEVICES": ""}) == []
    assert visible(GPUS, {}) == GPUS


def test_a_machine_without_a_driver_has_no_gpus():
    assert isinstance(find_gpus(), list)
