# %% [markdown]
# # 6 · Attention, the Transformer and BERT

# %%
from sadari.course import start

start()
