import numpy as np

from objectives.preprocessing.scaling import Scaler


def scaled(train, other, kind, scaling):
    scaler = Scaler.fit(np.array(train), kind=kind, scaling=scaling)
    parts = scaler.transform(np.array(train)), scaler.transform(np.array(other))
    assert all(part.dtype == np.float32 for part in parts)
    return [part.tolist() for part in parts]


def test_images_have_one_scale_for_all_pixels():
    assert scaled([[2, 4], [3, 6]], [[0, 10]], "image", "min-max") == [[[0.0, 0.5], [0.25, 1.0]], [[-0.5, 2.0]]]
    assert scaled([[0, 4], [0, 4]], [[6, 2]], "image", "standard") == [[[-1.0, 1.0], [-1.0, 1.0]], [[2.0, 0.0]]]


def test_tables_have_one_for_each_feature():
    train, other = [[0.0, 10.0], [4.0, 30.0]], [[8.0, 0.0]]
    assert scaled(train, other, "table", "min-max") == [[[0.0, 0.0], [1.0, 1.0]], [[2.0, -0.5]]]
    assert scaled(train, other, "table", "standard") == [[[-1.0, -1.0], [1.0, 1.0]], [[3.0, -2.0]]]


def test_auto_is_min_max_for_images_and_standard_for_tables():
    train, other = [[0.0, 10.0], [4.0, 30.0]], [[8.0, 0.0]]
    for kind, scaling in (("image", "min-max"), ("table", "standard")):
        assert scaled(train, other, kind, "auto") == scaled(train, other, kind, scaling)


def test_none_leaves_values_as_they_are():
    assert scaled([[7, 9]], [[200, 0]], "image", "none") == [[[7.0, 9.0]], [[200.0, 0.0]]]
    assert scaled([[7.0, 9.0], [0.5, 1.0]], [[3.0, 4.0]], "table", "none")[1] == [[3.0, 4.0]]


def test_an_image_part_of_one_value_is_scaled_to_nought():
    assert scaled([[7, 7]], [[9, 7]], "image", "min-max") == [[[0.0, 0.0]], [[2.0, 0.0]]]


def test_a_feature_that_the_training_part_does_not_vary_counts_nowhere():
    for scaling in ("min-max", "standard", "none"):
        train, other = scaled([[0.0, 1.0], [0.0, 2.0]], [[1.0, 1.0]], "table", scaling)
        assert [row[0] for row in (*train, *other)] == [0.0, 0.0, 0.0]


def test_a_rare_category_stays_0_or_1():
    train = [[float(row == 0), float(row)] for row in range(1000)]
    assert [row[0] for row in scaled(train, train, "table", "standard")[0]] == [row[0] for row in train]


def test_large_amounts_that_differ_little_stay_apart():
    # In float32 the three would be two.
    assert scaled([[1e9], [1e9 + 8], [1e9 + 16]], [[1e9]], "table", "min-max")[0] == [[0.0], [0.5], [1.0]]
