"""Who acts: pronouns, people and animals, and what people are."""

from __future__ import annotations

from dataclasses import dataclass

from phrases.words import Subject

I = Subject("I", "je", "나", "je", "m")  # noqa: E741
YOU = Subject("you", "vous", "당신", "vous", "m")
HE = Subject("he", "il", "그", "il", "m")
SHE = Subject("she", "elle", "그녀", "il", "f")
WE = Subject("we", "nous", "우리", "nous", "m")
THEY = Subject("they", "ils", "그들", "ils", "m")
PRONOUNS = (I, YOU, HE, SHE, WE, THEY)

MINJI = Subject("Minji", "Minji", "민지", "il", "f", "adult")
JUNHO = Subject("Junho", "Junho", "준호", "il", "m", "adult")
MARIE = Subject("Marie", "Marie", "마리", "il", "f", "adult")
PAUL = Subject("Paul", "Paul", "폴", "il", "m", "adult")
NAMED = (MINJI, JUNHO, MARIE, PAUL)

BOY = Subject("the boy", "le garçon", "남자아이", "il", "m", "child")
GIRL = Subject("the girl", "la fille", "여자아이", "il", "f", "child")
CHILDREN = Subject("the children", "les enfants", "아이들", "ils", "m", "child")
THE_YOUNG = (BOY, GIRL, CHILDREN)

MOTHER = Subject("my mother", "ma mère", "우리 엄마", "il", "f", "adult")
FATHER = Subject("my father", "mon père", "우리 아빠", "il", "m", "adult")
SISTER = Subject("my sister", "ma sœur", "내 여동생", "il", "f", "adult")
BROTHER = Subject("my brother", "mon frère", "내 남동생", "il", "m", "adult")
FRIEND = Subject("my friend", "mon ami", "내 친구", "il", "m", "adult")
FRIENDS = Subject("my friends", "mes amis", "내 친구들", "ils", "m", "adult")
COUSIN = Subject("my cousin", "mon cousin", "내 사촌", "il", "m", "adult")
MINE = (MOTHER, FATHER, SISTER, BROTHER, FRIEND, FRIENDS, COUSIN)

OTHERS = (
    Subject("the man", "l'homme", "남자", "il", "m", "adult"),
    Subject("the woman", "la femme", "여자", "il", "f", "adult"),
    Subject("the student", "l'étudiant", "학생", "il", "m", "adult"),
    Subject("the students", "les étudiants", "학생들", "ils", "m", "adult"),
    Subject("the doctor", "le médecin", "의사", "il", "m", "adult"),
    Subject("our neighbor", "notre voisin", "우리 이웃", "il", "m", "adult"),
)

BABY = Subject("the baby", "le bébé", "아기", "il", "m", "animal")
CAT = Subject("the cat", "le chat", "고양이", "il", "m", "animal")
DOG = Subject("the dog", "le chien", "개", "il", "m", "animal")
DOGS = Subject("the dogs", "les chiens", "개들", "ils", "m", "animal")
BIRDS = Subject("the birds", "les oiseaux", "새들", "ils", "m", "animal")

HUMANS = (*PRONOUNS, *NAMED, *THE_YOUNG, *MINE, *OTHERS)
"""All but animals."""


@dataclass(frozen=True)
class Profession:
    """What somebody is; French has no article then. Plurals take -s in both languages."""

    en: str
    m: str
    f: str
    ko: str


PROFESSIONS = (
    Profession("doctor", "médecin", "médecin", "의사"),
    Profession("nurse", "infirmier", "infirmière", "간호사"),
    Profession("teacher", "professeur", "professeure", "선생님"),
    Profession("student", "étudiant", "étudiante", "학생"),
    Profession("singer", "chanteur", "chanteuse", "가수"),
    Profession("cook", "cuisinier", "cuisinière", "요리사"),
    Profession("writer", "écrivain", "écrivaine", "작가"),
    Profession("journalist", "journaliste", "journaliste", "기자"),
    Profession("lawyer", "avocat", "avocate", "변호사"),
    Profession("engineer", "ingénieur", "ingénieure", "엔지니어"),
    Profession("farmer", "agriculteur", "agricultrice", "농부"),
    Profession("painter", "peintre", "peintre", "화가"),
    Profession("dancer", "danseur", "danseuse", "무용수"),
    Profession("pharmacist", "pharmacien", "pharmacienne", "약사"),
    Profession("baker", "boulanger", "boulangère", "제빵사"),
    Profession("police officer", "policier", "policière", "경찰관"),
    Profession("scientist", "scientifique", "scientifique", "과학자"),
    Profession("musician", "musicien", "musicienne", "음악가"),
)
