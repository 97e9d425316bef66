"""What the curves of a trial say: under- or overfitting and the like, in words, with what to try next.

The rules, and why they are so. They judge the curves that built-in training keeps (`curves`: one value an epoch), in
the order of the table RULES; several may hold. The thresholds were set on trainings of digits (docs/reference.md).

*Diverged.* A loss that is not finite; a training loss at the end above DIVERGED (2) times its first one; or one that
has not fallen by FALL while the validation loss ends above ROSE (1.25) times its first one. So much is no noise: the
steps make the model worse than it was after the first epoch. Nothing else is said then.

*Unstable.* The training or the validation loss rises by more than JUMP (a quarter of its value, and a hundredth of the
first loss) in more than UPS (three in ten) of the steps of its second half, and at least MANY (3) times. A loss that
falls in waves rises in few of its steps; one thrown about by too large a step size rises in every other one.

*Underfitting.* The tutorial's sign is that neither loss falls: here, a training loss that has lost less than FALL (a
fifth) of its first value at its lowest; or, for classes, a training accuracy that stays below LOW (0.7) and a
validation loss that no longer improves. The first loss is that of a whole epoch, so a network that learned everything
within it does not fall either: one with an accuracy of LEARNED (0.95) or more is none. A regression has no accuracy
to tell this by.

*Overfitting.* The tutorial's sign is a small training loss beside a rising validation loss: here, the validation loss
ends more than RISE (a twentieth) above its lowest, which lies a tenth of the epochs back (WINDOW at least), while the
training loss has fallen since; or, for classes, the accuracy on the training data leads that on validation by more
than GAP (0.1) at the end. Values are means over WINDOW (3) epochs, for the lowest of many single ones is low by luck.

*Still improving.* The lowest validation loss is that of the last epoch or the one before, and the last quarter of the
epochs (two at least) has brought more than STEP (2 %) of it. Longer training is then the first thing to try.

*Fine.* None of these. Fewer than SHORT (3) epochs say nothing but divergence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

DIVERGED, ROSE = 2.0, 1.25
JUMP, UPS, MANY = 0.25, 0.3, 3
FALL, LOW, LEARNED = 0.2, 0.7, 0.95
RISE, GAP, WINDOW = 0.05, 0.1, 3
STEP, SHORT = 0.02, 3

_ADVICE = {
    "diverged": "try a smaller learning rate, a gradient clip, or another optimizer or initialisation",
    "unstable": "try a smaller or falling learning rate, momentum or a larger batch",
    "underfitting": "try more layers or units, smaller regularisation (dropout, L1, L2), more features, longer "
    "training or a larger learning rate",
    "overfitting": "try more data or augmentation, larger regularisation (dropout, L1, L2), fewer layers, units or "
    "features, or early stopping",
    "still improving": "try more epochs, or a larger learning rate",
}


@dataclass(frozen=True)
class Finding:
    """One diagnosis: its name (a key of the table in the reference), what was seen, and what to try next."""

    verdict: str
    seen: str

    @property
    def sentence(self) -> str:
        """The whole of it in words."""
        advice = _ADVICE.get(self.verdict)
        return f"{self.verdict}: {self.seen}" + (f"; {advice}" if advice else "")


@dataclass(frozen=True)
class Curves:
    """The curves of one trial, by epoch; empty where a trial has none. A value that was not finite is NaN."""

    loss: Sequence[float] = ()
    val_loss: Sequence[float] = ()
    accuracy: Sequence[float] = ()
    val_accuracy: Sequence[float] = ()

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> Curves:
        """From a trial's user attributes."""
        kept = attributes.get("curves")
        found = kept if isinstance(kept, Mapping) else {}
        return cls(*(_numbers(found.get(name)) for name in ("loss", "val_loss", "accuracy", "val_accuracy")))


def diagnose(curves: Curves) -> list[Finding]:
    """What these curves say; empty when there are none, or too few epochs to say anything."""
    if not curves.loss:
        return []
    if (diverged := _diverged(curves)) is not None:
        return [diverged]
    if len(curves.loss) < SHORT or len(curves.val_loss) != len(curves.loss):
        return []
    found = [finding for rule in RULES if (finding := rule(curves)) is not None]
    last = f"after {len(curves.loss)} epochs the loss is {curves.loss[-1]:.3g}, on validation {curves.val_loss[-1]:.3g}"
    return found or [Finding("fine", last)]


def _diverged(curves: Curves) -> Finding | None:
    for name, values in (("loss", curves.loss), ("val_loss", curves.val_loss)):
        bad = next((epoch for epoch, value in enumerate(values) if not math.isfinite(value)), None)
        if bad is not None:
            return Finding("diverged", f"{name} was no finite number in epoch {bad + 1}")
    if len(curves.loss) < 2:
        return None
    for values, limit, whose in ((curves.loss, DIVERGED, "the loss"), (curves.val_loss, ROSE, "validation's loss")):
        idle = whose == "the loss" or not _has_fallen(curves)
        if values and values[-1] > limit * values[0] > 0 and idle:
            return Finding("diverged", f"{whose} rose from {values[0]:.3g} to {values[-1]:.3g}")
    return None


def _has_fallen(curves: Curves) -> bool:
    return min(curves.loss) <= (1 - FALL) * curves.loss[0]


def _unstable(curves: Curves) -> Finding | None:
    for name, values in (("the loss", curves.loss), ("validation's loss", curves.val_loss)):
        steps = list(pairwise(values[len(values) // 2 - 1 :]))
        ups = sum(after - before > max(JUMP * before, 0.01 * values[0]) for before, after in steps)
        if ups >= MANY and ups > UPS * len(steps):
            return Finding("unstable", f"{name} jumped up in {ups} of the last {len(steps)} epochs")
    return None


def _underfitting(curves: Curves) -> Finding | None:
    first, lowest = curves.loss[0], min(curves.loss)
    if max(curves.accuracy, default=0.0) >= LEARNED:
        return None
    if first > 0 and not _has_fallen(curves):
        return Finding("underfitting", f"the loss hardly fell, from {first:.3g} to {lowest:.3g}, and validation's is "
                       f"{min(curves.val_loss):.3g} at best")  # fmt: skip
    if curves.accuracy and max(curves.accuracy) < LOW and _still_improving(curves) is None:
        return Finding("underfitting", f"the accuracy on the training data stays at {max(curves.accuracy):.3g}")
    return None


def _overfitting(curves: Curves) -> Finding | None:
    ours, theirs = _smoothed(curves.loss), _smoothed(curves.val_loss)
    lowest = min(theirs)
    epoch = theirs.index(lowest)
    past = len(theirs) - 1 - epoch
    if past >= max(WINDOW, len(theirs) / 10) and theirs[-1] > (1 + RISE) * lowest and ours[-1] < ours[epoch]:
        return Finding("overfitting", f"the loss fell on to {curves.loss[-1]:.3g} while validation's rose from "
                       f"{lowest:.3g} about epoch {epoch + 2} to {theirs[-1]:.3g}")  # fmt: skip
    if curves.accuracy and curves.val_accuracy:
        known, new = _smoothed(curves.accuracy)[-1], _smoothed(curves.val_accuracy)[-1]
        if known - new > GAP:
            return Finding("overfitting", f"the accuracy is {known:.3g} on the training data and {new:.3g} on "
                           "validation")  # fmt: skip
    return None


def _smoothed(values: Sequence[float]) -> list[float]:
    return [fmean(values[start : start + WINDOW]) for start in range(max(1, len(values) - WINDOW + 1))]


def _still_improving(curves: Curves) -> Finding | None:
    values = curves.val_loss
    back = max(2, len(values) // 4)
    before, lowest = min(values[:-back], default=math.inf), min(values)
    if len(values) - 1 - values.index(lowest) > 1 or not math.isfinite(before) or before - lowest <= STEP * abs(before):
        return None
    return Finding("still improving", f"the last {back} epochs brought validation's loss from {before:.3g} to "
                   f"{lowest:.3g}")  # fmt: skip


RULES: tuple[Callable[[Curves], Finding | None], ...] = (_unstable, _underfitting, _overfitting, _still_improving)


def _numbers(values: Any) -> tuple[float, ...]:
    if not isinstance(values, Sequence) or isinstance(values, str):
        return ()
    return tuple(math.nan if value is None else float(value) for value in values)
