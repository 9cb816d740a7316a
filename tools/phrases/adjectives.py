"""The adjectives, and the nouns that each goes with."""

from __future__ import annotations

from phrases.words import Adjective

_PEOPLE = (
    Adjective("tired", "fatigué", "fatiguée", "피곤하"),
    Adjective("happy", "heureux", "heureuse", "행복하"),
    Adjective("busy", "occupé", "occupée", "바쁘"),
    Adjective("sick", "malade", "malade", "아프"),
    Adjective("hungry", "faim", "faim", "배가 고프", avoir=True),
    Adjective("thirsty", "soif", "soif", "목이 마르/르", avoir=True),
    Adjective("sleepy", "sommeil", "sommeil", "졸리", avoir=True),
    Adjective("kind", "gentil", "gentille", "친절하"),
    Adjective("tall", "grand", "grande", "키가 크"),
    Adjective("strong", "fort", "forte", "힘이 세"),
    Adjective("smart", "intelligent", "intelligente", "똑똑하"),
    Adjective("funny", "drôle", "drôle", "재미있"),
    Adjective("famous", "célèbre", "célèbre", "유명하"),
    Adjective("honest", "honnête", "honnête", "정직하"),
    Adjective("hard-working", "travailleur", "travailleuse", "부지런하"),
    Adjective("quiet", "calme", "calme", "조용하"),
    Adjective("brave", "courageux", "courageuse", "용감하"),
    Adjective("healthy", "en bonne santé", "en bonne santé", "건강하", invariable=True),
)

_THINGS = (
    Adjective("big", "grand", "grande", "크", before=True),
    Adjective("small", "petit", "petite", "작", before=True),
    Adjective("beautiful", "beau", "belle", "아름답/ㅂ", before=True, m_vowel="bel"),
    Adjective("new", "nouveau", "nouvelle", "", "새", before=True, m_vowel="nouvel"),
    Adjective("old", "vieux", "vieille", "", "오래된", before=True, m_vowel="vieil"),
    Adjective("good", "bon", "bonne", "좋", before=True),
    Adjective("expensive", "cher", "chère", "비싸"),
    Adjective("cheap", "bon marché", "bon marché", "싸", invariable=True),
    Adjective("heavy", "lourd", "lourde", "무겁/ㅂ"),
    Adjective("light", "léger", "légère", "가볍/ㅂ"),
    Adjective("long", "long", "longue", "길", before=True),
    Adjective("short", "court", "courte", "짧"),
    Adjective("easy", "facile", "facile", "쉽/ㅂ"),
    Adjective("difficult", "difficile", "difficile", "어렵/ㅂ"),
    Adjective("interesting", "intéressant", "intéressante", "재미있"),
    Adjective("boring", "ennuyeux", "ennuyeuse", "지루하"),
    Adjective("clean", "propre", "propre", "깨끗하"),
    Adjective("dirty", "sale", "sale", "더럽/ㅂ"),
    Adjective("fast", "rapide", "rapide", "빠르/르"),
    Adjective("slow", "lent", "lente", "느리"),
    Adjective("high", "haut", "haute", "높"),
    Adjective("deep", "profond", "profonde", "깊"),
    Adjective("comfortable", "confortable", "confortable", "편하"),
    Adjective("spacious", "spacieux", "spacieuse", "넓"),
    Adjective("hot", "chaud", "chaude", "뜨겁/ㅂ"),
    Adjective("cold", "froid", "froide", "차갑/ㅂ"),
    Adjective("delicious", "délicieux", "délicieuse", "맛있"),
    Adjective("sweet", "sucré", "sucrée", "달"),
    Adjective("fresh", "frais", "fraîche", "신선하"),
    Adjective("peaceful", "paisible", "paisible", "평화롭/ㅂ"),
    Adjective("Korean", "coréen", "coréenne", "", "한국"),
    Adjective("popular", "populaire", "populaire", "인기가 많"),
)

_COLOURS = (
    Adjective("red", "rouge", "rouge", "=빨간색", "빨간"),
    Adjective("blue", "bleu", "bleue", "=파란색", "파란"),
    Adjective("yellow", "jaune", "jaune", "=노란색", "노란"),
    Adjective("white", "blanc", "blanche", "=흰색", "흰"),
    Adjective("black", "noir", "noire", "=검은색", "검은"),
    Adjective("green", "vert", "verte", "=초록색", "초록색"),
)

ADJECTIVES = {adjective.en: adjective for adjective in (*_PEOPLE, *_THINGS, *_COLOURS)}
"""By their English."""

OF_PEOPLE = tuple(adjective.en for adjective in _PEOPLE)
PASSING = ("tired", "happy", "busy", "sick", "hungry", "thirsty", "sleepy")
"""What one can be today."""

OF_THINGS = {
    "big": "house garden dog table bag kitchen city school tree bed",
    "small": "house room cat box table village bird hotel",
    "beautiful": "garden flower+ beach city song mountain dress painting church",
    "expensive": "car watch shoe+ computer ticket restaurant dress bag guitar",
    "cheap": "ticket bag hat shoe+ pen chair",
    "heavy": "bag box table book computer coat",
    "light": "bag chair computer shoe+ bicycle umbrella",
    "long": "film letter river novel bridge dress",
    "short": "film letter poem dress song",
    "easy": "book song exam question",
    "difficult": "book song exam question",
    "interesting": "book film novel museum story",
    "boring": "book film novel story",
    "clean": "house kitchen room car river shoe+ street beach hotel",
    "dirty": "house kitchen car river shoe+ window shirt glasses+",
    "fast": "train bus car computer horse",
    "slow": "train bus computer car",
    "high": "mountain bridge",
    "deep": "sea lake river",
    "comfortable": "chair bed sofa shoe+ hotel coat",
    "spacious": "room kitchen garden living_room",
    "hot": "soup coffee tea water",
    "cold": "soup milk tea water orange_juice",
    "delicious": "soup cake bread cheese fish kimchi apple+ ice_cream sandwich",
    "sweet": "cake orange_juice chocolate strawberry+ apple+",
    "fresh": "fish milk vegetable+ egg+ salad strawberry+",
    "quiet": "library village street park room school",
    "famous": "museum restaurant song film city painting",
    "peaceful": "village lake forest garden",
    "popular": "song film restaurant book",
    "red": "car bag hat dress flower+ door bicycle",
    "blue": "car bag shirt umbrella door bicycle coat",
    "yellow": "flower+ umbrella dress box chair",
    "white": "shirt house cat rabbit shoe+ car",
    "black": "hat coat cat horse shoe+ bag",
    "green": "door umbrella hat chair bicycle",
}
"""Adjective → nouns that one says it of; + for a plural, _ for a space."""
