# %% [markdown]
# # 3 · Words as vectors: solutions · 3 · 단어를 벡터로: 해답

# %%
from sadari.course import start

start()
