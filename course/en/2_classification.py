# %% [markdown]
# # 2 · Classifying news

# %%
from sadari.course import start

start()
