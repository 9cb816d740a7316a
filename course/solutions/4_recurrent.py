# %% [markdown]
# # 4 · Recurrent nets: solutions · 4 · 순환 신경망: 해답

# %%
import torch

from sadari.course import check, start

start()

# %% [markdown]
# **4.1** Four layers (i, f, g, o), each with a matrix for the word, one for the state, and two biases.
# · 층 네 개(i, f, g, o)에 각각 단어용 행렬, 상태용 행렬, 편향 두 개가 있습니다.

# %%
parameters = 4 * (100 * 64 + 64 * 64 + 64 + 64)
check("4.1", parameters)

# %% [markdown]
# **4.2** At each step: how many of the texts have a word left? · 스텝마다 단어가 남은 텍스트가 몇 개인지 셉니다.

# %%
lengths = [5, 2, 4, 1]
blocks = [sum(length > step for length in lengths) for step in range(max(lengths))]
check("4.2", blocks)

# %% [markdown]
# **4.3** Of row 0 the state at `lengths[0] - 1`, of row 1 that at `lengths[1] - 1`, and so on.
# · 0번 행에서는 `lengths[0] - 1` 자리의 상태를, 1번 행에서는 `lengths[1] - 1` 자리의 상태를 고르는 식입니다.


# %%
def last_state(states, lengths):
    return states[torch.arange(len(states)), lengths - 1]


check("4.3", last_state)
