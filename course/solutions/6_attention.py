# %% [markdown]
# # 6 · Attention, the Transformer and BERT: solutions · 6 · 어텐션, 트랜스포머, BERT: 해답

# %%
from sadari.course import start

start()
