"""The bundled phrases' French: elision, contractions, genders, agreement, by rules written out here once more."""

from __future__ import annotations

import re

from phrases_file import FRENCH, found

VOWEL = "[aàâeéèêiîoôuœhAEÉIOUŒH]"
MASCULINE = """
lait café thé jus pain riz poisson poulet fromage chocolat kimchi légume fruit œuf sandwich gâteau déjeuner dîner livre
roman cahier journal e-mail poème examen sac chapeau manteau parapluie portefeuille billet cadeau tableau stylo argent
ordinateur téléphone temps lit bureau canapé tiroir réfrigérateur vélo bus train métro arbre film piano violon football
tennis basket français anglais coréen espagnol hiver été printemps automne bruit salon jardin parc musée hôpital marché
supermarché aéroport restaurant hôtel zoo village pont lac chien chat oiseau cheval lapin éléphant serpent ami enfant
frère père voisin garçon homme étudiant médecin bébé cousin cinéma
"""
FEMININE = """
eau soupe viande salade glace pomme banane orange fraise tomate lettre histoire question chemise robe chaussure montre
clé photo radio télévision tasse assiette vaisselle boîte porte fenêtre table chaise lampe voiture fleur musique chanson
guitare mathématique science pluie neige maison chambre cuisine école université bibliothèque boulangerie librairie
pharmacie banque gare église ville rue plage mer rivière forêt montagne lune étoile vache araignée sœur mère fille femme
piscine lunettes
"""
BEFORE = r"(?:petite?|grande?|beau|bel|belle|nouveau|nouvel|nouvelle|vieux|vieil|vieille|bon|bonne|long|longue) "


def clauses() -> list[str]:
    """The sentences without what asks, and without the time that opens them."""
    bare = [re.sub(r"^(?:Qu')?[Ee]st-ce qu(?:e |')", "", text) for text in FRENCH]
    return [re.sub(r"^(?:Le |L'|Tous |En |Au |La nuit)[^,]*, (?!s'il)", "", text) for text in bare]


def test_nothing_is_left_that_should_elide():
    assert found(rf"\b(?:[Ll]e|[Ll]a|[Dd]e|[Nn]e|[Jj]e|[Qq]ue) (?!haut|huit){VOWEL}", FRENCH) == []
    assert found(rf"(?:\b[LlDdNnJj]|[Qq]u)'(?!{VOWEL}|y )", FRENCH) == []
    assert found(rf"\b(?:[Cc]e|[Mm]a|[Ss]a|beau|nouveau|vieux) (?!est\b|huit){VOWEL}", FRENCH) == []
    assert found(rf"\b(?:[Cc]et|bel|nouvel|vieil) (?!{VOWEL})", FRENCH) == []


def test_prepositions_are_drawn_together_with_articles():
    assert found(r"\b(?:[Dd]e|[Àà]) (?:le|les|du|des)\b", FRENCH) == []
    assert found(r"\b(?:du|au|le|un|ce|mon) (?:la|le|les|un|une)\b", FRENCH) == []
    assert len(found(r"\bau \w+", FRENCH)) > 50


def test_determiners_have_the_gender_of_their_noun():
    masculine, feminine = "|".join(MASCULINE.split()), "|".join(FEMININE.split())
    vowels = "|".join(noun for noun in FEMININE.split() if re.match(VOWEL, noun))
    assert found(rf"(?i)\b(?:un|le|ce|cet|du|au) (?:{BEFORE})?(?:{feminine})\b", FRENCH) == []
    assert found(rf"(?i)\b(?:une|la|cette|ma|sa) (?:{BEFORE})?(?:{masculine})\b", FRENCH) == []
    assert found(rf"(?i)\b[ms]on (?!{vowels})(?:{feminine})\b", FRENCH) == []
    pattern = rf"(?<!-)\b(?:un|une|ce|cet|cette|la|du|au) (?:{BEFORE})?([\wœ-]+)"
    nouns = {word for text in FRENCH for word in re.findall(pattern, text)}
    times = {
        "soir",
        "matin",
        "week-end",
        "semaine",
        "mois",
        "nuit",
        "samedi",
        "dimanche",
        "après-midi",
        "Japon",
        "Canada",
    }
    assert nouns <= {*MASCULINE.split(), *FEMININE.split(), *times}


def test_adjectives_have_the_gender_of_the_noun_they_stand_by():
    masculine, feminine = "|".join(MASCULINE.split()), "|".join(FEMININE.split())
    after = "blanche|noire|verte|bleue|intéressante|coréenne"
    assert found(rf"\b(?:{masculine})s? (?:{after})s?\b", FRENCH) == []
    assert found(rf"\b(?:{feminine})s? (?:blanc|noir|vert|bleu|intéressant|coréen)s?\b", FRENCH) == []
    assert found(rf"\b(?:petite|grande|belle|nouvelle|vieille|bonne|longue)s? (?:{masculine})s?\b", FRENCH) == []
    assert found(rf"\b(?:petit|grand|beau|nouveau|vieux|bon|long)[sx]? (?:{feminine})s?\b", FRENCH) == []
    assert found(rf"\b(?:{feminine}) (?:{after})\b", FRENCH)
    assert found(r"\bdes (?:petit|grand|beaux|belle|nouve|vieux|vieille|bon|long)", FRENCH) == []


def test_negation_has_both_halves_and_turns_articles_into_de():
    for text in FRENCH:
        assert bool(re.search(r"\b(?:[Nn]e |[Nn]')", text)) == (" pas" in text), text
    negated = found(r" pas\b", FRENCH)
    assert len(negated) > 200
    kept = r"(?:est|sont) pas (?:un|une|des|près)\b|\bjou\w+ (?:pas )?d"  # ce n'est pas un …; jouer du piano; près du
    articles = r" pas (?:\w+ )?(?:un|une|des|du|de la|de l')\b"
    own = r"besoin d'un|à côté|à la|au "
    assert [text for text in found(articles, negated) if not re.search(f"{kept}|{own}", text)] == []
    assert found(r" pas d'\w+", FRENCH)


SINGULAR = (
    r"(?:[Ii]l|[Ee]lle|[Mm](?:a|on) (?:mère|père|sœur|frère|ami|cousin)|[Nn]otre voisin|Minji|Junho|Marie|Paul"
    r"|[Ll]e (?:garçon|médecin|chat|chien|bébé)|[Ll]a (?:fille|femme)|[Ll]'(?:homme|étudiant))"
)
PLURAL = r"(?:[Ii]ls|[Ll]es (?:enfants|étudiants|chiens|oiseaux)|[Mm]es amis)"
VERB = r" (?:ne |n')?([\wêàéèçâîô]+)"


def verbs_after(subject: str) -> list[str]:
    """The word after the subject, in every sentence that begins with it."""
    return [match[1] for text in clauses() if (match := re.match(subject + VERB, text))]


def test_french_verbs_agree_with_their_subjects():
    many, we, you, one = (verbs_after(subject) for subject in (PLURAL, "[Nn]ous", "[Vv]ous", SINGULAR))
    i = [match[1] for text in clauses() if (match := re.match(r"[Jj](?:e |')(?:ne |n')?([\wêéèçâîô]+)", text))]
    assert min(len(verbs) for verbs in (many, we, you, i)) > 100
    assert len(one) > 600
    assert {verb for verb in many if not verb.endswith("nt")} == set()
    assert {verb for verb in we if not verb.endswith("ons")} == {"sommes"}
    assert {verb for verb in you if not verb.endswith("ez")} == {"êtes", "faites"}
    assert {verb for verb in one if verb.endswith(("ons", "ez", "s", "nt", "x", "ai"))} == set()
    assert {verb for verb in i if not verb.endswith(("e", "s", "x", "ai"))} == set()


def test_going_agrees_with_who_went():
    pattern = r"(.*?) (?:ne |n')?(?:est|sont|suis|sommes)(?: pas)? (allée?s?)\b"
    went = [(match[1], match[2]) for text in clauses() if (match := re.match(pattern, text))]
    assert len(went) > 15
    assert {form for _, form in went} == {"allé", "allée", "allés"}
    for who, form in went:
        if re.fullmatch(r"Elle|Minji|Marie|Ma mère|Ma sœur|La fille|La femme", who):
            assert form == "allée", who
        else:
            assert form == ("allés" if re.fullmatch(f"Nous|{PLURAL}", who) else "allé"), who
    assert found(r"\b(?:a|ai|ont|avons|avez) (?:pas )?all", FRENCH) == []


# Masculine, feminine, and their plurals, written out.
AGREEING = """
fatigué fatiguée fatigués fatiguées, heureux heureuse heureux heureuses, occupé occupée occupés occupées,
gentil gentille gentils gentilles, grand grande grands grandes, fort forte forts fortes,
intelligent intelligente intelligents intelligentes, travailleur travailleuse travailleurs travailleuses,
courageux courageuse courageux courageuses, petit petite petits petites, beau belle beaux belles,
cher chère chers chères, lourd lourde lourds lourdes, léger légère légers légères, long longue longs longues,
court courte courts courtes, ennuyeux ennuyeuse ennuyeux ennuyeuses, lent lente lents lentes, haut haute hauts hautes,
intéressant intéressante intéressants intéressantes, profond profonde profonds profondes,
spacieux spacieuse spacieux spacieuses, chaud chaude chauds chaudes, froid froide froids froides,
délicieux délicieuse délicieux délicieuses, sucré sucrée sucrés sucrées, frais fraîche frais fraîches,
bleu bleue bleus bleues, blanc blanche blancs blanches, noir noire noirs noires, vert verte verts vertes,
étudiant étudiante étudiants étudiantes, infirmier infirmière infirmiers infirmières,
chanteur chanteuse chanteurs chanteuses, cuisinier cuisinière cuisiniers cuisinières, avocat avocate avocats avocates,
agriculteur agricultrice agriculteurs agricultrices, danseur danseuse danseurs danseuses,
pharmacien pharmacienne pharmaciens pharmaciennes, boulanger boulangère boulangers boulangères,
policier policière policiers policières, musicien musicienne musiciens musiciennes,
écrivain écrivaine écrivains écrivaines, ingénieur ingénieure ingénieurs ingénieures,
professeur professeure professeurs professeures,
drôle drôle drôles drôles, célèbre célèbre célèbres célèbres, malade malade malades malades, calme calme calmes calmes,
facile facile faciles faciles, propre propre propres propres, sale sale sales sales, rouge rouge rouges rouges,
confortable confortable confortables confortables, jaune jaune jaunes jaunes, honnête honnête honnêtes honnêtes
"""


def test_predicates_agree_with_their_subjects():
    places: dict[str, set[int]] = {}
    for row in AGREEING.split(","):
        for place, form in enumerate(row.split()):
            places.setdefault(form, set()).add(place)
    feminine = "|".join([*FEMININE.split(), "elle", "minji", "marie"])
    be = r"(?:ne |n')?(?:est|sont|suis|sommes|êtes)(?: pas)?"
    pattern = rf"(.+?) {be}(?: très| trop)? (\w+)(?: aujourd'hui)?(?: \?)?$"
    checked = 0
    for text in clauses():
        match = re.match(pattern, text.lower())
        if match and match[2] in places:
            many = re.match(r"(?:ils|nous|les|mes|ces|nos)\b", match[1]) is not None
            female = re.search(rf"\b(?:{feminine})s?$", match[1].removesuffix(" d'orange")) is not None
            assert 2 * many + female in places[match[2]], text
            checked += 1
    assert checked > 200
