# %% [markdown]
# # 3 · Words as vectors: solutions · 단어를 벡터로: 해답

# %%
import torch

import sadari
from sadari.course import check, start

start()

# %% [markdown]
# **3.1**

# %%
content, offsets = sadari.Ragged.from_lists([[1, 1, 1], [1, 1], [1, 1, 1, 1]]).bag()
check("3.1", offsets[:3])

# %% [markdown]
# **3.2**

# %%
words = ["the", "cat", "sat", "on", "the", "mat"]
check("3.2", [words[place] for place in (0, 1, 3, 4)])

# %% [markdown]
# **3.3**


# %%
def put(embedding, row, vector):
    """Write a vector into a row."""
    with torch.no_grad():
        embedding.weight[row] = vector


check("3.3", put)
