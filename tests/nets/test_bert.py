"""Our BERT against transformers': logits, losses, names; and what a text's answer may not depend on."""

import pytest
import torch
from torch.nn import functional
from transformers import BertConfig
from transformers import BertForPreTraining as Theirs

import sadari
from sadari.errors import SettingError
from sadari.nets.bert.encoder import SIZES, BertEncoder, BertForPreTraining, BertShape, align_queries_with_keys
from sadari.train.machine.environment import threads

SHAPE = BertShape(
    vocab_size=60,
    num_hidden_layers=3,
    hidden_size=32,
    num_attention_heads=4,
    intermediate_size=48,
    max_position_embeddings=24,
    dropout=0.0,
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threads(1):
        yield


def nets(shape=SHAPE):
    """Theirs, with weights that are no round numbers, and ours with the same."""
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=shape.vocab_size,
        num_hidden_layers=shape.num_hidden_layers,
        hidden_size=shape.hidden_size,
        num_attention_heads=shape.num_attention_heads,
        intermediate_size=shape.intermediate_size,
        max_position_embeddings=shape.max_position_embeddings,
        hidden_act=shape.hidden_act,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    theirs = Theirs(config)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    ours = BertForPreTraining(shape)
    kept = {name: value for name, value in theirs.state_dict().items() if name in ours.state_dict()}
    ours.load_state_dict(kept)
    return theirs.eval(), ours.eval()


def batch(rows=5, length=13):
    """Ids, segments, mask, places and targets."""
    torch.manual_seed(4)
    ids = torch.randint(5, 60, (rows, length))
    lengths = torch.randint(6, length + 1, (rows,))
    lengths[0] = length
    mask = torch.arange(length) < lengths[:, None]
    ids[~mask] = 0
    segments = (torch.arange(length) >= 4).long().expand(rows, -1) * mask
    places = torch.tensor([1, 3, 13 + 2, 2 * 13 + 5, 4 * 13 + 1])
    return ids, segments, mask, places, torch.randint(5, 60, (len(places),))


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
@torch.inference_mode()
def test_logits_are_those_of_transformers(activation):
    from dataclasses import replace

    theirs, ours = nets(replace(SHAPE, hidden_act=activation))
    ids, segments, mask, places, _ = batch()
    wanted = theirs(input_ids=ids, token_type_ids=segments, attention_mask=mask.long())
    masked, following = ours.logits(ids, segments, mask, places)
    assert wanted.prediction_logits.abs().max() > 1
    torch.testing.assert_close(masked, wanted.prediction_logits.flatten(0, 1)[places], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(following, wanted.seq_relationship_logits, atol=1e-5, rtol=1e-5)
    everywhere, _ = ours.logits(ids, segments, mask)
    real = mask.flatten()
    torch.testing.assert_close(everywhere[real], wanted.prediction_logits.flatten(0, 1)[real], atol=1e-5, rtol=1e-5)


def test_losses_and_their_gradients_are_those_of_transformers():
    theirs, ours = nets()
    ids, segments, mask, places, targets = batch()
    labels = torch.full_like(ids, -100)
    labels.view(-1)[places] = targets
    follows = torch.tensor([0, 1, 1, 0, 1])
    wanted = theirs(
        input_ids=ids, token_type_ids=segments, attention_mask=mask.long(), labels=labels, next_sentence_label=follows
    )
    read = ours(ids, segments, mask, places, targets)
    masked = read.masked_loss / len(places)
    following = functional.cross_entropy(read.next_logits, follows)
    own_masked = functional.cross_entropy(wanted.prediction_logits.flatten(0, 1), labels.flatten())
    own_following = functional.cross_entropy(wanted.seq_relationship_logits, follows)
    assert abs(float(masked) - float(own_masked)) < 1e-5
    assert abs(float(following) - float(own_following)) < 1e-5
    assert abs(float(masked + following) - float(wanted.loss)) < 1e-5
    (masked + following).backward()
    wanted.loss.backward()
    gradients = {name: parameter.grad for name, parameter in theirs.named_parameters()}
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], atol=1e-5, rtol=1e-4, msg=name)


def test_every_weight_has_its_name_in_transformers():
    theirs, ours = nets()
    tied = {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}
    assert set(theirs.state_dict()) - set(ours.state_dict()) <= tied
    assert set(ours.state_dict()) <= set(theirs.state_dict())


@torch.inference_mode()
def test_a_text_is_answered_alone_as_in_a_batch():
    _, ours = nets()
    ids, segments, mask, *_ = batch()
    together, following = ours.logits(ids, segments, mask)
    together = together.view(*ids.shape, -1)
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        alone, follows = ours.logits(ids[row : row + 1, :length], segments[row : row + 1, :length])
        torch.testing.assert_close(alone, together[row, :length], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(follows[0], following[row], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_padding_is_seen_without_the_mask():
    _, ours = nets()
    ids, segments, mask, *_ = batch()
    short = ~mask.all(dim=1)
    assert short.any()
    _, masked = ours.logits(ids, segments, mask)
    _, blind = ours.logits(ids, segments, None)
    assert (masked - blind)[short].abs().max() > 1e-4


@pytest.mark.parametrize(("size", "parameters"), [("base", 109_482_240), ("large", 335_141_888)])
def test_sizes_have_the_papers_parameters(size, parameters):
    with torch.device("meta"):
        encoder = BertEncoder(BertShape.of(size))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == parameters


@pytest.mark.parametrize("size", SIZES)
def test_sizes_are_those_of_transformers(size):
    layers, width, heads, inner = SIZES[size]
    with torch.device("meta"):
        ours = BertForPreTraining(BertShape.of(size))
        theirs = Theirs(
            BertConfig(num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads, intermediate_size=inner)
        )
    wanted = {name: value.shape for name, value in theirs.state_dict().items()}
    assert all(wanted[name] == value.shape for name, value in ours.state_dict().items())


def test_dropout_drops_only_in_training():
    from dataclasses import replace

    net = BertForPreTraining(replace(SHAPE, dropout=0.5))
    ids, segments, mask, places, targets = batch()
    losses = {float(net(ids, segments, mask, places, targets).masked_loss.detach()) for _ in range(3)}
    assert len(losses) == 3
    net.eval()
    assert len({float(net(ids, segments, mask, places, targets).masked_loss.detach()) for _ in range(3)}) == 1


def test_a_batch_is_learned_by_heart():
    torch.manual_seed(0)
    net = BertForPreTraining(SHAPE)
    ids, segments, mask, places, targets = batch()
    follows = torch.tensor([0, 1, 1, 0, 1])
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(60):
        read = net(ids, segments, mask, places, targets)
        (read.masked_loss / len(places) + functional.cross_entropy(read.next_logits, follows)).backward()
        adam.step()
        adam.zero_grad()
    net.eval()
    with torch.inference_mode():
        masked, following = net.logits(ids, segments, mask, places)
    assert masked.argmax(dim=1).tolist() == targets.tolist()
    assert following.argmax(dim=1).tolist() == follows.tolist()


@pytest.mark.parametrize("size", ["tiny", "mini", "small"])
@torch.inference_mode()
def test_a_token_looks_for_others_like_it_to_start_with(size):
    """At the first layer, before anything is learned: the same token elsewhere gets more weight than another one."""
    torch.manual_seed(0)
    net = BertForPreTraining(BertShape.of(size, vocab_size=500)).eval()
    align_queries_with_keys(net.bert)
    ids = torch.randperm(500)[:40].repeat(2)[None]  # forty tokens, twice
    states = net.bert.embeddings(ids, None)
    attention = net.bert.encoder["layer"][0].attention
    query, key = (
        attention.self[name](states).view(80, attention.heads, -1).transpose(0, 1) for name in ("query", "key")
    )
    weights = (query @ key.transpose(1, 2) / query.shape[-1] ** 0.5).softmax(dim=-1).mean(dim=0)
    twin = weights[torch.arange(80), (torch.arange(80) + 40) % 80]
    assert twin.mean() > 2 / 80
    assert torch.allclose(weights.sum(dim=1), torch.ones(80))


@pytest.mark.parametrize(
    ("size", "labels", "parameters"), [("base", 0, 109_482_240), ("large", 0, 335_141_888), ("base", 4, 109_485_316)]
)
def test_parameters_are_those_of_the_course(size, labels, parameters):
    assert sadari.bert_parameters(size, labels=labels) == parameters


def test_parameters_of_a_small_bert_are_counted_as_it_is_made():
    net = BertEncoder(BertShape.of("tiny", vocab_size=100))
    assert sadari.bert_parameters("tiny", vocabulary=100) == sum(each.numel() for each in net.parameters())
    with pytest.raises(SettingError, match="size"):
        sadari.bert_parameters("huge")
