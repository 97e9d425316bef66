"""Tables that tests write, and the rows that are read of them."""

import csv

from objectives.data.loading import load_dataset
from objectives.data.settings import DataSettings

TITANIC = {
    "class": ["first", "second", "third", "third"] * 10,
    "fare": [71.3, 13.0, 7.9, 8.1] * 10,
    "age": list(range(40)),
    "survived": [1, 1, 0, 0] * 10,
}


def dataset_of(path, **settings):
    return load_dataset(DataSettings(dataset=str(path), **settings))


def write_table(path, columns, sign=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=sign)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path
