"""What a BERT is taught: masks by their shares, pairs of which half are true, windows that lose nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.nets.bert.encoder import BertForPreTraining, BertShape
from sadari.ragged import offsets_of
from sadari.train.loop import Loop
from sadari.train.machine.environment import seed_everything, threads
from sadari.train.objectives.bert import SCORED_SHARE, HeldOutText, PreTrainingTask, Reading, count_ids, read_segments
from sadari.train.objectives.bert_masking import Masking
from sadari.train.objectives.bert_segments import (
    FOLLOWS,
    LEAST_SCORED_PAIRS,
    RANDOM,
    UNASKED,
    Documents,
    hashes,
    pair_segments,
    stretches,
    windows,
)
from sadari.train.optimizer import OptimizerSettings

IDS = 200
SPECIAL = np.arange(IDS) < 5
GOES_ON = np.arange(IDS) >= 150
MASK, CLASS, SEPARATOR, PAD = 4, 2, 3, 0


def masking(**more):
    return Masking(MASK, SPECIAL, GOES_ON, **more)


def documents(seed=0, count=400, sentences=(1, 5), tokens=(3, 20)):
    random = np.random.default_rng(seed)
    offsets = offsets_of(random.integers(*sentences, count))
    bounds = offsets_of(random.integers(*tokens, offsets[-1]))
    return Documents(random.integers(5, IDS, bounds[-1]).astype(np.int32), bounds, offsets)


def reading(found, **more):
    own = {"length": 32, "batch": 16, "cut": pair_segments, "seed": 0, "masking": masking()}
    return Reading(found, class_id=CLASS, separator_id=SEPARATOR, pad_id=PAD, **{**own, **more})


# -- masks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole_words", [False, True])
@pytest.mark.parametrize("share", [0.15, 0.4])
def test_masks_have_their_shares(whole_words, share):
    random = np.random.default_rng(1)
    ids = random.integers(0, IDS, (400, 60))
    real = int((~SPECIAL[ids]).sum())
    hidden, places, targets = masking(whole_words=whole_words, share=share).hide(ids, random)
    assert len(places) == pytest.approx(share * real, rel=0.01)
    assert (np.diff(places) > 0).all()
    assert (ids.reshape(-1)[places] == targets).all()
    assert not SPECIAL[targets].any()
    shown = hidden.reshape(-1)[places]
    masked, kept = shown == MASK, shown == targets
    # four deviations of a share of so many draws
    room = 4 * np.sqrt(0.25 / len(places))
    assert masked.mean() == pytest.approx(0.8, abs=room)
    assert kept.mean() == pytest.approx(0.1 + 0.1 / 195, abs=room)
    assert not SPECIAL[shown[~masked]].any()
    elsewhere = np.ones(ids.size, bool)
    elsewhere[places] = False
    assert (hidden.reshape(-1)[elsewhere] == ids.reshape(-1)[elsewhere]).all()


def test_a_random_token_may_be_any_but_a_special_one():
    random = np.random.default_rng(2)
    ids = np.full((100, 100), 7)
    hidden, *_ = masking(share=0.9).hide(ids, random)
    others = set(hidden[(hidden != 7) & (hidden != MASK)].tolist())
    assert others <= set(range(5, IDS))
    assert len(others) > 180


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, IDS - 1), min_size=1, max_size=40), st.integers(0, 2**32))
def test_words_are_masked_whole(ids, seed):
    flat = np.array(ids)
    _, places, _ = masking(whole_words=True).hide(flat, np.random.default_rng(seed))
    chosen = np.zeros(len(flat), bool)
    chosen[places] = True
    for place in range(1, len(flat)):
        if GOES_ON[flat[place]] and not SPECIAL[flat[place - 1]]:
            assert chosen[place] == chosen[place - 1]
    assert len(places) > 0 or SPECIAL[flat].all()


def test_masks_are_new_in_each_epoch_and_the_same_whenever_asked():
    task = PreTrainingTask(None, reading(documents(), cut=windows, length=30))
    first, again, second = (task.epoch(number)[0] for number in (1, 1, 2))
    assert (first.ids == again.ids).all()
    assert (first.places == again.places).all()
    assert first.ids.shape != second.ids.shape or (first.ids != second.ids).any()
    assert len(first.places) != len(second.places) or (first.places != second.places).any()


# -- pairs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1])
def test_half_of_the_pairs_are_true_and_the_others_are_not(seed):
    found = documents(seed)
    pairs = pair_segments(found, 64, np.random.default_rng(seed))
    asked = pairs.follows != UNASKED
    assert abs(int((pairs.follows == FOLLOWS).sum()) - int((pairs.follows == RANDOM).sum())) <= 1
    assert ((pairs.second[:, 1] > pairs.second[:, 0]) == asked).all()
    document = np.searchsorted(found.bounds, pairs.first[:, 0], side="right")
    of_second = np.searchsorted(found.bounds, pairs.second[:, 0], side="right")
    true = pairs.follows == FOLLOWS
    assert (pairs.first[true, 1] == pairs.second[true, 0]).all()
    assert (document[true] == of_second[true]).all()
    wrong = pairs.follows == RANDOM
    assert (document[wrong] != of_second[wrong]).all()


def test_no_pair_is_true_by_accident_where_sentences_stand_there_often():
    """Ten documents of the same few sentences, so that most exchanges would give back what truly follows."""
    random = np.random.default_rng(5)
    phrases = [np.array([10 + place, 20, 30]) for place in range(4)]
    order = [(0, 1), (0, 1), (0, 1), (2, 1), (2, 3), (0, 3), (0, 1), (2, 1)] * 10
    values = np.concatenate([phrases[place] for pair in order for place in pair]).astype(np.int32)
    found = Documents(values, np.arange(0, len(values) + 1, 3), np.arange(0, 2 * len(order) + 1, 2))
    for _ in range(20):
        pairs = pair_segments(found, 16, random)
        for row in np.flatnonzero(pairs.follows == RANDOM):
            (_, end), (begin, stop) = pairs.first[row], pairs.second[row]
            assert values[begin:stop].tolist() != values[end : end + 3].tolist()
        assert (pairs.follows == RANDOM).sum() > 0


def test_pairs_that_cannot_be_exchanged_stay_true():
    values = np.array([10, 11, 12, 20, 21, 22] * 6, np.int32)
    found = Documents(values, np.arange(0, 37, 3), np.arange(0, 13, 2))
    pairs = pair_segments(found, 16, np.random.default_rng(0))
    assert (pairs.follows == FOLLOWS).all()
    assert (pairs.first[:, 1] == pairs.second[:, 0]).all()


@pytest.mark.parametrize("most", [16, 64])
def test_pairs_lose_no_token_but_those_that_are_counted(most):
    found = documents(3, tokens=(1, 13))
    pairs = pair_segments(found, most, np.random.default_rng(0))
    seen = np.zeros(len(found.values), int)
    for begin, end in np.concatenate([pairs.first, pairs.second]):
        seen[begin:end] += 1
    assert seen.max() == 1
    assert int((seen == 0).sum()) == pairs.cut
    assert pairs.lengths.max() <= most


def test_lengths_do_not_tell_which_pairs_are_true():
    found = documents(7, count=4000, sentences=(2, 7), tokens=(4, 12))
    pairs = pair_segments(found, 64, np.random.default_rng(0))
    for which in (pairs.first, pairs.second):
        lengths = which[:, 1] - which[:, 0]
        means = [lengths[pairs.follows == answer].mean() for answer in (FOLLOWS, RANDOM)]
        assert means[0] == pytest.approx(means[1], rel=0.05)
    sums = [pairs.lengths[pairs.follows == answer] for answer in (FOLLOWS, RANDOM)]
    assert sums[0].std() == pytest.approx(sums[1].std(), rel=0.15)


def test_a_batch_says_where_its_segments_are():
    found = documents(1)
    pairs = pair_segments(found, 48, np.random.default_rng(0))
    rows = np.array([3, 8, 11, 40])
    ids, segments, lengths = pairs.take(rows).padded(found.values, CLASS, SEPARATOR, PAD)
    for row, number in enumerate(rows):
        first, second = (found.values[slice(*part[number])].tolist() for part in (pairs.first, pairs.second))
        wanted = [CLASS, *first, SEPARATOR, *([*second, SEPARATOR] if second else [])]
        assert ids[row, : lengths[row]].tolist() == wanted
        assert (ids[row, lengths[row] :] == PAD).all()
        assert segments[row].sum() == (len(second) + 1 if second else 0)
        assert not segments[row, : len(first) + 2].any()


# -- windows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [8, 30, 10_000])
def test_windows_hold_every_token_once_and_are_full(most):
    found = documents(2)
    cut = windows(found, most, np.random.default_rng(1))
    assert np.concatenate([found.values[begin:end] for begin, end in cut.first]).tolist() == found.values.tolist()
    lengths = cut.lengths
    assert (lengths[1:-1] == most).all()
    assert lengths.max() <= most
    assert (cut.follows == UNASKED).all()


@pytest.mark.parametrize("most", [8, 30, 10_000])
def test_documents_by_themselves_hold_every_token_once_and_no_two_documents(most):
    found = documents(2)
    longest = int(np.diff(found.sentences).max()) + 2  # sentences are whole
    cut = stretches(found, max(most, longest), np.random.default_rng(1))
    assert np.concatenate([found.values[begin:end] for begin, end in cut.first]).tolist() == found.values.tolist()
    assert cut.lengths.max() <= max(most, longest)
    assert (cut.follows == UNASKED).all()
    inside = np.searchsorted(found.bounds, cut.first[:, 0], side="right")
    assert (cut.first[:, 1] <= found.bounds[inside]).all()
    if most == 10_000:
        assert len(cut) == len(found)


def test_epochs_cut_at_other_places():
    found = reading(documents(2), cut=windows)
    assert read_segments(found, 1).first[0, 1] != read_segments(found, 2).first[0, 1]


# -- the task -----------------------------------------------------------------------------------------------


def small_net(**more):
    seed_everything(0)
    shape = BertShape(
        vocab_size=IDS,
        num_hidden_layers=2,
        hidden_size=16,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
        dropout=0.0,
        **more,
    )
    return BertForPreTraining(shape)


def test_the_parts_of_several_processes_are_the_batch_of_one():
    found = reading(documents())
    whole = PreTrainingTask(small_net(), found).epoch(1)[3]
    parts = [whole.share(rank, 3) for rank in range(3)]
    assert sum(len(part.places) for part in parts) == len(whole.places) == parts[0].masked
    net = small_net()
    with threads(1):
        task = PreTrainingTask(net, found)
        total = float(task.loss(net, whole)[0].detach())
        assert sum(float(task.loss(net, part)[0].detach()) for part in parts) == pytest.approx(total, rel=1e-5)


def test_the_unigram_guess_is_counted():
    found = documents(4)
    values = found.values.copy()
    values[::3] = 77
    found = Documents(values, found.sentences, found.offsets)
    held_out = HeldOutText(reading(found), count_ids(found, IDS))
    targets = np.concatenate([example.targets for example in held_out.examples])
    counts = np.bincount(values, minlength=IDS)
    assert held_out.guess["guess_accuracy"] == pytest.approx((targets == 77).mean())
    assert 0.25 < held_out.guess["guess_accuracy"] < 0.42
    logs = np.log((counts[targets] + 1) / (counts.sum() + IDS))
    assert held_out.guess["guess_perplexity"] == pytest.approx(np.exp(-logs.mean()))


def test_scores_are_true_means_over_tokens_and_pairs():
    import torch

    found = reading(documents(6, count=150))
    net = small_net().eval()
    scores = HeldOutText(found, count_ids(found.documents, IDS)).score(net)
    losses, right, following, follow_right = [], [], [], []
    with torch.inference_mode():
        for example in HeldOutText(found, count_ids(found.documents, IDS)).examples:
            ids, segments, mask, places, targets = example.tensors(torch.device("cpu"))
            logits, next_logits = net.logits(ids, segments, mask, places)
            logs = logits.log_softmax(dim=1)
            losses += (-logs[torch.arange(len(targets)), targets]).tolist()
            right += (logits.argmax(dim=1) == targets).tolist()
            for row in np.flatnonzero(example.follows != UNASKED):
                following.append(float(-next_logits[row].log_softmax(dim=0)[example.follows[row]]))
                follow_right.append(int(next_logits[row].argmax()) == example.follows[row])
    assert scores["masked_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
    assert scores["masked_accuracy"] == pytest.approx(np.mean(right))
    assert scores["next_loss"] == pytest.approx(np.mean(following), rel=1e-4)
    assert scores["next_accuracy"] == pytest.approx(np.mean(follow_right))
    assert scores["next_pairs"] == len(following) >= LEAST_SCORED_PAIRS
    assert scores["validation_log_likelihood"] == pytest.approx(-scores["masked_loss"] - scores["next_loss"])


def test_a_handful_of_pairs_has_no_say_in_which_weights_are_kept():
    found = reading(documents(6, count=9))
    scores = HeldOutText(found, count_ids(found.documents, IDS)).score(small_net().eval())
    assert 0 < scores["next_pairs"] < LEAST_SCORED_PAIRS
    assert scores["validation_log_likelihood"] == -scores["masked_loss"]


# -- how much is scored -------------------------------------------------------------------------------------


def held_out_text(**more):
    found = documents(8, count=900)
    return HeldOutText(reading(found), count_ids(found, IDS), **more)


def test_a_part_is_drawn_by_the_seed_and_holds_so_many_tokens():
    whole, part = held_out_text(), held_out_text(most=2000)
    assert whole.tokens == whole.segments.tokens.sum() > 15_000
    assert 2000 <= part.tokens < 2000 + 32
    assert (part.segments.first == held_out_text(most=2000).segments.first).all()
    every = set(map(tuple, whole.segments.first.tolist()))
    assert set(map(tuple, part.segments.first.tolist())) < every
    # from everywhere: a first part of the texts would begin half as far on in the mean
    assert part.segments.first[:, 0].mean() == pytest.approx(whole.segments.first[:, 0].mean(), rel=0.15)
    net = small_net().eval()
    assert part.score(net)["scored_tokens"] == part.tokens
    assert held_out_text(most=10**9).score(net) == whole.score(net)


def short_run(steps, held_out, **more):
    net = small_net()
    task = PreTrainingTask(net, reading(documents(count=3000), batch=16), held_out)
    with threads(1):
        history = Loop(
            task, OptimizerSettings(epochs=100, steps=steps, validations=10, learning_rate=0.01, **more)
        ).run()
    return task, history


@pytest.mark.parametrize("steps", [20, 60])
def test_scoring_takes_a_share_of_what_is_learned(steps, monkeypatch):
    monkeypatch.setattr("sadari.train.objectives.bert.LEAST_SCORED", 100)
    task, history = short_run(steps, held_out_text())
    scored = {record["scored_tokens"] for record in history}
    assert len(history) == 10
    assert len(scored) == 1  # what is compared is the same text
    learned = task.masked / 0.15
    assert scored.pop() == pytest.approx(SCORED_SHARE * learned / 10, rel=0.25)
    final = task.final()
    assert final["scored_tokens"] == pytest.approx(SCORED_SHARE * learned, rel=0.1)
    assert sum(record["scored_tokens"] for record in history) + final["scored_tokens"] < 0.7 * learned
    assert final == task.held_out.affordable(learned).score(task.net)


def test_a_long_run_scores_all_that_is_held_out_and_once():
    found = documents(9, count=40)
    held_out = HeldOutText(reading(found), count_ids(found, IDS))
    task, history = short_run(20, held_out)
    assert {record["scored_tokens"] for record in history} == {float(held_out.tokens)}
    assert history[-1]["scored_tokens"] == len(found.values) - read_segments(held_out.reading, 0).cut
    assert task.final() is None


def test_scoring_leaves_what_is_learned_alone():
    """With validation the best weights are kept; so what is compared are the losses on the way."""
    reported = [
        {record["step"]: record["loss"] for record in short_run(20, held_out)[1]}
        for held_out in (None, held_out_text(most=50), held_out_text())
    ]
    assert len(reported[0]) == 10
    assert reported[0] == reported[1] == reported[2]


def test_a_checkpoint_knows_what_is_scored():
    task, _ = short_run(12, held_out_text())
    again = PreTrainingTask(small_net(), task.reading, held_out_text())
    again.restore(task.carried())
    assert again.masked == task.masked
    assert again.part.most == task.part.most
    fresh = PreTrainingTask(small_net(), task.reading, held_out_text())
    again.restore(fresh.carried())
    assert (again.masked, again.part) == (0, None)
    again.restore({})  # of a run from before: it scored everything
    assert again.part.tokens == again.held_out.tokens
    assert again.final() is None


def test_what_follows_what_is_learned():
    """Documents whose second sentence repeats the only word of the first: held-out pairs are told apart.

    In a seventh of them a word is masked, and half of these can only be guessed.
    """
    random = np.random.default_rng(0)
    count = 3000
    values = np.repeat(random.integers(5, 15, count), 2).astype(np.int32)
    found = Documents(values, np.arange(2 * count + 1), np.arange(0, 2 * count + 1, 2))
    net = small_net()
    held_out = HeldOutText(reading(found.first(400), length=8, batch=64), count_ids(found, IDS))
    task = PreTrainingTask(net, reading(found, length=8, batch=64), held_out)
    with threads(1):
        history = Loop(task, OptimizerSettings(epochs=12, learning_rate=0.01, clip=1.0)).run()
    assert history[-1]["next_accuracy"] > 0.8
    assert history[0]["next_accuracy"] < history[-1]["next_accuracy"]


def test_equal_sentences_have_equal_marks():
    values = np.array([1, 2, 3, 1, 2, 3, 3, 2, 1, 1, 2], np.int32)
    marks = hashes(values, np.array([0, 3, 6, 9, 11])).tolist()
    assert marks[0] == marks[1]
    assert len(set(marks)) == 3


def test_marks_are_spread_evenly_however_alike_their_sentences_are():
    values = np.array([[5, 6, last] for last in range(2000)], np.int32).reshape(-1)
    marks = hashes(values, np.arange(0, len(values) + 1, 3))
    for bit in range(64):
        ones = int(((marks >> np.uint64(bit)) & np.uint64(1)).sum())
        assert 850 < ones < 1150, bit
