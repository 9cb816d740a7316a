# %% [markdown]
# # 6 · Attention: solutions · 6 · 어텐션: 해답

# %%
import math

from sadari.course import check, start

start()

# %% [markdown]
# **6.1** Score, softmax, weighted sum. · 점수, 소프트맥스, 가중합입니다.


# %%
def attention(queries, keys, values):
    scores = queries @ keys.T / math.sqrt(queries.shape[-1])
    return scores.softmax(dim=-1) @ values


check("6.1", attention)

# %% [markdown]
# **6.2** 80, 10 and 10 % are shares of the chosen ones. · 80, 10, 10%는 고른 토큰을 기준으로 한 비율입니다.

# %%
chosen = round(200 * 0.15)
numbers = [chosen, round(chosen * 0.8), round(chosen * 0.1), round(chosen * 0.1)]
check("6.2", numbers)

# %% [markdown]
# **6.3** Query, key, value and output. The number of heads changes nothing: they share the width.
# · 쿼리, 키, 값, 출력입니다. 헤드는 차원을 나누어 쓰므로 헤드 수를 바꿔도 달라지지 않습니다.

# %%
parameters = 4 * (768 * 768 + 768)
check("6.3", parameters)
