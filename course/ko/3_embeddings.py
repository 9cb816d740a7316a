# %% [markdown]
# # 3 · 단어를 벡터로

# %%
from sadari.course import start

start()
