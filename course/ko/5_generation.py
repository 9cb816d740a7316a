# %% [markdown]
# # 5 · 텍스트 생성

# %%
from sadari.course import start

start()
