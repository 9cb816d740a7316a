# %% [markdown]
# # 5 · Writing text

# %%
from sadari.course import start

start()
