"""Texts: words become numbers by the training part alone, and are replaced in training alone."""

import numpy as np
import pytest
from helpers.paths import DATA

from objectives.data.arrays import SearchData
from objectives.errors import DataError
from objectives.models import text
from objectives.models.network import make_training
from objectives.models.parts import text_augmentation
from objectives.preprocessing.vocabulary import PADDING, UNKNOWN, Vocabulary, read_synonyms, synonym_table, words
from objectives.training import backend
from objectives.training.trainers.batches import EpochOrder, training_batches

SMS = DATA / "sms_spam.tsv"
DEFAULTS = text.SEQUENCE.defaults


@pytest.fixture(scope="module")
def keras():
    backend.prepare("tensorflow")
    import keras

    return keras


def data(train, validation, *, y_train=None, y_validation=None):
    def labels(given, texts):
        return np.arange(len(texts)) % 2 if given is None else given

    return SearchData(
        x_train=np.array(train, object),
        y_train=labels(y_train, train),
        x_validation=np.array(validation, object),
        y_validation=labels(y_validation, validation),
        classes=2,
        source="made up",
        kind="text",
    )


# --- words and their numbers ---------------------------------------------------------------------------------


def test_words_are_lower_cased_and_chinese_characters_are_words():
    assert words("WIN £100, now! 超参数 tuning_1 Straße") == [
        "win",
        "100",
        "now",
        "超",
        "参",
        "数",
        "tuning_1",
        "straße",
    ]


def test_the_most_frequent_words_have_the_first_numbers_and_the_alphabet_decides_between_equals():
    vocabulary = Vocabulary.fit(["b a c", "c b", "c d"], max_tokens=3, sequence_length=1)
    assert vocabulary.numbers == {"c": 2, "b": 3, "a": 4}
    assert vocabulary.tokens == 5


def test_texts_are_cut_and_filled_to_one_length_and_none_is_empty():
    vocabulary = Vocabulary.fit(["a b"], max_tokens=2, sequence_length=3)
    assert vocabulary.transform(["b a b a", "A x", "", "?!"]).tolist() == [
        [3, 2, 3],
        [2, UNKNOWN, PADDING],
        [UNKNOWN, PADDING, PADDING],
        [UNKNOWN, PADDING, PADDING],
    ]


def test_the_vocabulary_is_that_of_the_training_part_alone():
    prepared = text.prepare({**DEFAULTS, "sequence_length": 2}, data(["a b", "a"], ["b z", "z"]))
    assert set(prepared.vocabulary.numbers) == {"a", "b"}
    assert prepared.x_validation.tolist() == [[3, UNKNOWN], [UNKNOWN, PADDING]]
    assert prepared.kind == "text"


def test_a_trial_of_a_study_with_the_former_names_is_built_alike():
    former = {"vocabulary": 4, "length": 2, "units": 3}
    assert text.SEQUENCE.completed(former) == {**DEFAULTS, "max_tokens": 4, "sequence_length": 2, "units": 3}


# --- augmentation --------------------------------------------------------------------------------------------

GROUPS = "free, gratis\nCall phone ring\nalone\n"


@pytest.fixture
def synonyms(tmp_path):
    path = tmp_path / "synonyms.txt"
    path.write_text(GROUPS)
    return str(path)


def test_synonyms_are_those_of_any_group_that_the_vocabulary_knows(synonyms):
    vocabulary = Vocabulary.fit(
        ["free", "free", "phone", "phone", "call", "gratis ring unrelated"], max_tokens=5, sequence_length=1
    )
    table = synonym_table(vocabulary, [*read_synonyms(synonyms), ["free", "call"]])
    number = vocabulary.numbers
    assert number.keys() == {"free", "phone", "call", "gratis", "ring"}
    assert table[number["free"]] == sorted([number["gratis"], number["call"]])
    assert table[number["call"]] == sorted([number["phone"], number["ring"], number["free"]])
    assert table[PADDING] == table[UNKNOWN] == []


@pytest.mark.parametrize(
    ("text", "sentence"), [(None, "cannot be read"), (b"\xff\xfe", "UTF-8"), (b"one\ntwo\n", "no line of two")]
)
def test_a_file_without_synonyms_is_a_fault(tmp_path, text, sentence):
    path = tmp_path / "words.txt"
    if text is not None:
        path.write_bytes(text)
    with pytest.raises(DataError, match=sentence):
        read_synonyms(str(path))


ROWS = np.random.default_rng(1).integers(2, 12, (400, 10)).astype(np.int32)
ROWS[:, 8:] = PADDING
# Of the tokens 2 to 11; the others have no synonyms.
TABLE = [[], [], [3, 4], [2], [2], *[[] for _ in range(7)]]


def layer(keras, kind):
    kinds = text_augmentation.layer_classes()
    return {
        "dropout": lambda: kinds.TokenDropout(0.25),
        "noise": lambda: kinds.TokenNoise(0.25, 12),
        "synonyms": lambda: kinds.SynonymReplacement(0.25, TABLE),
    }[kind]()


@pytest.mark.parametrize("kind", ["dropout", "noise", "synonyms"])
def test_only_training_replaces_words_and_never_padding(keras, kind):
    made = layer(keras, kind)
    assert (np.asarray(keras.ops.convert_to_numpy(made(ROWS, training=False))) == ROWS).all()
    once, again = (np.asarray(keras.ops.convert_to_numpy(made(ROWS, training=True))) for _ in range(2))
    assert (once[:, 8:] == PADDING).all()
    assert (once != again).any()
    changed, words = once != ROWS, np.ones_like(ROWS, bool)
    words[:, 8:] = False
    if kind == "dropout":
        assert (once[changed] == UNKNOWN).all()
    if kind == "noise":
        assert set(once[changed]) == set(range(2, 12))
    if kind == "synonyms":
        words &= (ROWS >= 2) & (ROWS <= 4)
        assert not changed[~words].any()
        assert {(int(old), int(new)) for old, new in zip(ROWS[changed], once[changed], strict=True)} == {
            (2, 3), (2, 4), (3, 2), (4, 2)
        }  # fmt: skip
    # A random word is at times the same.
    share = 0.25 * (0.9 if kind == "noise" else 1.0)
    assert changed[words].mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("kind", ["dropout", "noise", "synonyms"])
def test_what_is_drawn_lies_in_a_variable_and_goes_on_from_there(keras, kind):
    one, other = layer(keras, kind), layer(keras, kind)
    one(ROWS, training=True)
    assert len(one.variables) == 1
    other.variables[0].assign(one.variables[0])
    drawn = [keras.ops.convert_to_numpy(each(ROWS, training=True)) for each in (one, other)]
    np.testing.assert_array_equal(*drawn)


# --- networks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder", text.PARAMETERS["encoder"].choices)
def test_a_saved_network_predicts_the_same_and_changes_no_word_then(keras, tmp_path, synonyms, encoder):
    noise = {"token_noise": 0.9, "token_dropout": 0.9, "synonyms": synonyms, "synonym_replacement": 0.9}
    small = {"encoder": encoder, "sequence_length": 4, "embedding_dim": 3, "units": 2, "kernel_size": 2}
    made = make_training(
        text.SEQUENCE, {**DEFAULTS, **small, **noise}, data(["free call", "gratis phone me"], ["a", ""]), epochs=1
    )
    names = [type(each).__name__ for each in made.model.layers]
    assert names[:4] == ["SynonymReplacement", "TokenNoise", "TokenDropout", "Embedding"]
    expected = made.model.predict(made.data.x_train, verbose=0)
    np.testing.assert_array_equal(expected, made.model.predict(made.data.x_train, verbose=0))
    made.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_array_equal(expected, loaded.predict(made.data.x_train, verbose=0))
    assert loaded.layers[0].table == made.model.layers[0].table


def test_padding_changes_neither_the_average_nor_the_gru(keras):
    for encoder in ("average", "gru"):
        made = make_training(
            text.SEQUENCE, {**DEFAULTS, "encoder": encoder, "sequence_length": 9}, data(["a b"], ["b"]), epochs=1
        )
        long = made.model.predict(made.data.x_train, verbose=0)
        assert made.model.predict(made.data.x_train[:, :2], verbose=0) == pytest.approx(long, abs=1e-6)


@pytest.mark.skipif(not SMS.is_file(), reason="no sms_spam.tsv in $STUDYHALL_TEST_DATA, nor in ../shared/data")
def test_three_epochs_tell_spam(keras):
    lines = [line.split("\t", 1) for line in SMS.read_text("utf-8").splitlines()[1:]]
    order = np.random.default_rng(1).permutation(len(lines))
    texts = np.array([lines[row][1] for row in order], object)
    spam = np.array([lines[row][0] == "spam" for row in order], np.int64)
    messages = data(texts[:4000], texts[4000:], y_train=spam[:4000], y_validation=spam[4000:])
    keras.utils.set_random_seed(1)
    params = {**DEFAULTS, "max_tokens": 2000, "sequence_length": 30, "learning_rate": 5e-3, "token_dropout": 0.1}
    made = make_training(text.SEQUENCE, params, messages, epochs=3)
    rows = EpochOrder(rows=4000, seed_of=lambda epoch: epoch)
    made.model.fit(training_batches(made.data.x_train, made.data.y_train, 64, rows), epochs=3, shuffle=False, verbose=0)
    accuracy = made.model.evaluate(made.data.x_validation, made.data.y_validation, batch_size=256, verbose=0)[1]
    # 87 % are no spam.
    assert accuracy > 0.95
