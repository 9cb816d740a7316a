# %% [markdown]
# # 4 · Recurrent nets: solutions · 4 · 순환 신경망: 해답

# %%
from sadari.course import start

start()
