"""The data set `phrases`: simple sentences in English, French and Korean, all made by one small grammar.

`grammar` chooses the sentences and writes ``phrases.csv``; `doing`, `having` and `being` are its patterns; `english`,
`french` and `korean` inflect; the other files are the lexicon. ``python tools/phrases`` prints the file
again, byte for byte.
"""
