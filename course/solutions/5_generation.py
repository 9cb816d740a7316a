# %% [markdown]
# # 5 · Writing text: solutions · 5 · 텍스트 생성: 해답

# %%
from sadari.course import start

start()
