# %% [markdown]
# # 1 · 텍스트를 텐서로

# %%
from sadari.course import start

start()
