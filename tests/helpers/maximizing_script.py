"""A script of stock Optuna that maximizes; copied into the folder where the command runs."""

import optuna


def objective(trial):
    x = trial.suggest_float("x", -1, 1)
    return 1 - x * x


if __name__ == "__main__":
    study = optuna.create_study(direction="maximize")
    study.optimize(objective, n_trials=30)
