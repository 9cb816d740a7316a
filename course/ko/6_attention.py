# %% [markdown]
# # 6 · 어텐션, 트랜스포머, BERT

# %%
from sadari.course import start

start()
