# %% [markdown]
# # 1 · Text as tensors

# %%
from sadari.course import start

start()
