# %% [markdown]
# # 1 · Text as tensors: solutions · 1 · 텍스트를 텐서로: 해답

# %%
from sadari.course import start

start()
