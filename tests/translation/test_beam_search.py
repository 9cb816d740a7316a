"""Beam search against looking at everything there is, and by what must hold of it."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sadari.errors import SettingError
from sadari.nets.seq2seq.recurrent import RecurrentSeq2Seq
from sadari.nets.seq2seq.transformer import TransformerSeq2Seq
from sadari.nets.token_rules import forbid
from sadari.translation.beam_search import beam_search

START, END = 0, 1


class Table:
    """A stepper whose logits depend on the source and on all tokens so far, by a table of random numbers."""

    def __init__(self, sources, vocab, seed, scale=2.0):
        self.vocab, self.seed, self.scale = vocab, seed, scale
        self.read = [(source,) for source in range(sources)]
        self.rows = 0  # that were ever stepped

    def step(self, ids):
        assert len(ids) == len(self.read)
        self.rows += len(ids)
        self.read = [(*before, token) for before, token in zip(self.read, ids.tolist(), strict=True)]
        return torch.stack([self.logits(read) for read in self.read])

    def select(self, rows):
        self.read = [self.read[row] for row in rows.tolist()]

    def logits(self, read):
        seed = hash((self.seed, *read)) % 2**31
        return self.scale * torch.randn(self.vocab, generator=torch.Generator().manual_seed(seed))

    def log_probability(self, source, ids):
        """Of a continuation and its end."""
        read, total = (source, START), 0.0
        for token in [*ids, END]:
            total += float(torch.log_softmax(self.logits(read), 0)[token])
            read = (*read, token)
        return total

    def everything(self, source, longest):
        """Every continuation there is, the most probable first."""
        tokens = [token for token in range(self.vocab) if token != END]
        every = [ids for n in range(longest + 1) for ids in itertools.product(tokens, repeat=n)]
        return sorted(((self.log_probability(source, ids), list(ids)) for ids in every), reverse=True)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), longest=st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_a_beam_that_holds_everything_finds_the_best_there_is(seed, longest):
    table = Table(len(longest), 4, seed)
    found = beam_search(table, longest, start=START, end=END, width=200, length_penalty=0)
    for source, most in enumerate(longest):
        wanted = table.everything(source, most)
        assert len(found[source]) == len(wanted)
        for one, (log_probability, ids) in zip(found[source], wanted, strict=True):
            assert one.log_probability == pytest.approx(log_probability, abs=1e-4)
            assert one.ids == ids or one.log_probability == pytest.approx(log_probability, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 4), penalty=st.sampled_from([0.0, 0.6, 1.0]))
def test_what_is_found_has_the_probability_that_it_says(seed, width, penalty):
    table = Table(3, 6, seed)
    found = beam_search(table, [5, 2, 4], start=START, end=END, width=width, length_penalty=penalty)
    for source, ones in enumerate(found):
        assert 1 <= len(ones) <= width
        assert [one.score for one in ones] == sorted((one.score for one in ones), reverse=True)
        assert len({tuple(one.ids) for one in ones}) == len(ones)
        for one in ones:
            assert len(one.ids) <= [5, 2, 4][source]
            assert END not in one.ids
            assert one.log_probability == pytest.approx(table.log_probability(source, one.ids), abs=1e-4)
            assert one.score == pytest.approx(one.log_probability / (len(one.ids) + 1) ** penalty, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_beam_of_one_is_greedy(seed):
    table = Table(4, 6, seed)
    found = beam_search(table, [6] * 4, start=START, end=END, width=1)
    for source, ones in enumerate(found):
        read, wanted = (source, START), []
        while len(wanted) < 6:
            token = int(table.logits(read).argmax())
            if token == END:
                break
            wanted.append(token)
            read = (*read, token)
        assert ones[0].ids == wanted


def test_a_source_alone_or_among_others():
    alone = [beam_search(Only(Table(5, 7, 3), source), [4], start=START, end=END, width=3)[0] for source in range(5)]
    together = beam_search(Table(5, 7, 3), [4] * 5, start=START, end=END, width=3)
    assert [[one.ids for one in ones] for ones in alone] == [[one.ids for one in ones] for ones in together]


class Only:
    """One source of a stepper."""

    def __init__(self, table, source):
        self.table = table
        self.table.read = [(source,)]
        self.step, self.select = table.step, table.select


def test_a_source_that_is_done_leaves_the_batch():
    """One source ends at once, the other after 20 tokens: the first must not be stepped on."""

    class Ending(Table):
        def logits(self, read):
            logits = torch.zeros(self.vocab)
            logits[END if read[0] == 0 else 2] = 9.0
            return logits

    table = Ending(2, 5, 0)
    beam_search(table, [20, 20], start=START, end=END, width=2)
    assert table.rows <= 2 + 2 * 2 + 20 * 2


def test_more_beams_find_no_worse_on_the_whole():
    scores = []
    for width in (1, 2, 5, 20):
        found = beam_search(Table(40, 8, 11), [6] * 40, start=START, end=END, width=width, length_penalty=0)
        scores.append(sum(ones[0].log_probability for ones in found))
    assert scores == sorted(scores)


def test_a_rule_forbids():
    rules = [forbid([2, 3])]
    found = beam_search(Table(6, 6, 1), [5] * 6, start=START, end=END, width=3, rules=rules)
    assert not {2, 3} & {token for ones in found for one in ones for token in one.ids}


def test_nothing_to_search_and_nothing_to_search_with():
    assert beam_search(Table(0, 5, 0), [], start=START, end=END) == []
    with pytest.raises(SettingError):
        beam_search(Table(1, 5, 0), [3], start=START, end=END, width=0)
    with pytest.raises(SettingError):
        beam_search(Table(1, 5, 0), [3], start=START, end=END, length_penalty=-1)


@pytest.mark.parametrize("kind", ["transformer", "lstm"])
@torch.no_grad()
def test_scores_are_the_nets_own(kind):
    """Every translation's log-probability, found step by step, is that of the net told the whole of it."""
    torch.manual_seed(0)
    if kind == "transformer":
        net = TransformerSeq2Seq(12, 12, width=16, heads=2, layers=2, dropout=0.0).eval()
    else:
        net = RecurrentSeq2Seq(12, 12, width=16, hidden=16, layers=2, dropout=0.0).eval()
    net.words.bias.copy_(torch.randn(12))
    mask = torch.arange(5) < torch.tensor([5, 2, 3])[:, None]
    sources = torch.randint(4, 12, (3, 5)).masked_fill(~mask, 0)
    found = beam_search(net.stepper(sources, mask), [8, 8, 8], start=2, end=3, width=4)
    for row, ones in enumerate(found):
        for one in ones:
            ids = torch.tensor([[2, *one.ids]])
            logits = net.logits(sources[row : row + 1], mask[row : row + 1], ids)
            wanted = torch.log_softmax(logits[0], -1)[range(len(one.ids) + 1), [*one.ids, 3]].sum()
            assert one.log_probability == pytest.approx(float(wanted), abs=1e-4)
