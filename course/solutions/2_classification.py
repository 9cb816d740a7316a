# %% [markdown]
# # 2 · Classifying news: solutions · 2 · 뉴스 분류하기: 해답

# %%
from sadari.course import start

start()
