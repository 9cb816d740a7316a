# %% [markdown]
# # 1 · Text as tensors: solutions · 텍스트를 텐서로: 해답

# %%
import torch

import sadari
from sadari.course import check, start

start()

# %% [markdown]
# **1.1**

# %%
alphabet = ["E", "H", "L", "O"]
ids = torch.tensor([alphabet.index(letter) for letter in "LOL"])
check("1.1", torch.nn.functional.one_hot(ids, num_classes=4))

# %% [markdown]
# **1.2**

# %%
check("1.2", (12 * 84, 12))

# %% [markdown]
# **1.3**

# %%
cut = sadari.tokenizer("basic_english")(["to be", "or not to be"])
vocab = sadari.Vocab.learn(cut)
padded, mask = vocab.encode(cut).padded(vocab.pad_id)
check("1.3", padded)
