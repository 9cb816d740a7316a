# %% [markdown]
# # 4 · 순환 신경망

# %%
from sadari.course import start

start()
