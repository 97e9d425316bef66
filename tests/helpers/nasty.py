"""Names, values and failures that want a terminal or a shell to obey them; also a user's file of objectives."""

import unicodedata

TEXT = (
    "\x1b]0;OWNED\x07\x1b[2J\r\x9b31m\u202e\u2066\u200b'; touch PWNED; '\"$(touch PWNED)`touch PWNED`\\\n"
    "[red]x[/] [link=file:///etc]y[/link] größe 学习率"
)
# Python's repr of it in one line, which a file of objectives can hold.
NAME = "p\x1b[31m\u202e`touch PWNED`$(touch PWNED)\n[red]"


def is_harmless(said):
    """Whether a terminal obeys nothing in it but line breaks."""
    return all(one == "\n" or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for one in said)


def suggested(trial):
    """Nasty in its names and values."""
    trial.suggest_categorical(NAME, [TEXT])
    trial.set_user_attr(NAME, TEXT)
    return trial.suggest_float("x", 0.0, 1.0)


def objective(trial):
    """Nasty in all that it gives away; the second trial fails."""
    x = suggested(trial)
    for step in range(3):
        trial.report(x * step, step)
    if trial.number == 1:
        raise ValueError(TEXT)
    return x


def chinese(trial):
    return trial.suggest_float("größe", 0, 1) + trial.suggest_float("学习率", 0, 1)
