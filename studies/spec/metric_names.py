"""Which way a metric of the user's own is better, judged by its name alone."""

from __future__ import annotations

import re

from objectives.training.metrics import BETTER

_MAXIMIZED = """
    acc balanced_accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy top_k_categorical_accuracy
    sparse_top_k_categorical_accuracy accuracy_score balanced_accuracy_score
    roc_auc auroc roc_auc_score roc_auc_ovr roc_auc_ovo pr_auc auprc average_precision average_precision_score
    f1_score f1_macro f1_weighted precision_score precision_macro precision_weighted
    recall_score recall_macro recall_weighted sensitivity specificity mcc matthews_corrcoef cohen_kappa
    r2_score r_squared explained_variance iou miou mean_iou jaccard dice dice_coefficient
    ndcg mrr bleu psnr ssim reward mean_reward episode_reward throughput
"""
_MINIMIZED = """
    error error_rate rmse mape smape msle rmsle mean_absolute_error mean_squared_error root_mean_squared_error
    mean_absolute_percentage_error mean_squared_logarithmic_error median_absolute_error max_error
    logloss nll bce cross_entropy crossentropy binary_crossentropy categorical_crossentropy
    sparse_categorical_crossentropy kl_divergence huber brier brier_score perplexity ppl wer cer fid latency total_loss
"""
# A time may be one to shorten, or one that something lasts.
_KNOWN = {name: way for name, way in BETTER.items() if name != "seconds"}
_KNOWN |= dict.fromkeys(_MAXIMIZED.split(), "maximize") | dict.fromkeys(_MINIMIZED.split(), "minimize")
_PART = re.compile(r"(?:val|valid|validation|test|train|training|dev|eval|best|final|cv)_")
_TOP = re.compile(r"top_?\d+(?:_acc(?:uracy)?)?")
_OTHER = {"minimize": "maximize", "maximize": "minimize"}


def better(metric: str) -> str | None:
    """The direction in which a metric of this name is better: "minimize" or "maximize".

    None where the name does not tell, such as "score" or "1 - accuracy".
    """
    name = re.sub(r"[ ./-]", "_", metric.strip().lower())
    while name not in _KNOWN and (part := _PART.match(name)) is not None:
        name = name[part.end() :]
    if name.startswith("neg_"):  # scikit-learn's, so that all of them are maximized
        opposite = better(name.removeprefix("neg_"))
        return None if opposite is None else _OTHER[opposite]
    return "maximize" if _TOP.fullmatch(name) else _KNOWN.get(name)
