# %% [markdown]
# # 3 · Words as vectors

# %%
from sadari.course import start

start()
