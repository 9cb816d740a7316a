# %% [markdown]
# # 5 · Generation: solutions · 5 · 텍스트 생성: 해답

# %%
import math

from sadari.course import check, start

start()

# %% [markdown]
# **5.1** The LSTM's four layers, and the linear layer. The matrix of the states grows with the square of the units,
# so it is more than twice as many.
# · LSTM의 층 네 개와 선형 층을 더합니다. 상태용 행렬이 유닛 수의 제곱으로 커지므로 두 배가 넘습니다.

# %%
lstm = 4 * (84 * 128 + 128 * 128 + 128 + 128)
linear = 128 * 84 + 84
parameters = lstm + linear
check("5.1", parameters)

# %% [markdown]
# **5.2** Each of them has a probability of 1 in 2,350. · 글자마다 확률이 2,350분의 1입니다.

# %%
first_loss = -math.log(1 / 2350)
check("5.2", first_loss)

# %% [markdown]
# **5.3** Divide first, then take the softmax. · 먼저 나누고, 그다음에 소프트맥스를 취합니다.


# %%
def with_temperature(logits, temperature):
    return (logits / temperature).softmax(dim=0)


check("5.3", with_temperature)
