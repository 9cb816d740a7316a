# %% [markdown]
# # 4 · Recurrent nets

# %%
from sadari.course import start

start()
