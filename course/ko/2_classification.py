# %% [markdown]
# # 2 · 뉴스 분류하기

# %%
from sadari.course import start

start()
