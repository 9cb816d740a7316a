"""When and where."""

from __future__ import annotations

from phrases.words import Adverbial

TIMES = {
    "day": Adverbial("every day", "tous les jours", "매일"),
    "mornings": Adverbial("every morning", "tous les matins", "매일 아침"),
    "evenings": Adverbial("every evening", "tous les soirs", "매일 저녁"),
    "morning": Adverbial("in the morning", "le matin", "아침에"),
    "afternoon": Adverbial("in the afternoon", "l'après-midi", "오후에"),
    "evening": Adverbial("in the evening", "le soir", "저녁에"),
    "saturdays": Adverbial("on Saturdays", "le samedi", "토요일마다"),
    "sundays": Adverbial("on Sundays", "le dimanche", "일요일마다"),
    "weekends": Adverbial("on weekends", "le week-end", "주말마다"),
    "night": Adverbial("at night", "la nuit", "밤에"),
    "winter": Adverbial("in winter", "en hiver", "겨울에"),
    "summer": Adverbial("in summer", "en été", "여름에"),
    "spring": Adverbial("in spring", "au printemps", "봄에"),
    "autumn": Adverbial("in autumn", "en automne", "가을에"),
}
HABITS = tuple(TIMES.values())[:9]
"""When one does most things."""
TODAY = Adverbial("today", "aujourd'hui", "오늘")
PAST = (
    TODAY,
    Adverbial("yesterday", "hier", "어제"),
    Adverbial("this morning", "ce matin", "오늘 아침에"),
    Adverbial("yesterday evening", "hier soir", "어제저녁에"),
    Adverbial("on Monday", "lundi", "월요일에"),
)
LONG_PAST = (
    Adverbial("last week", "la semaine dernière", "지난주에"),
    Adverbial("last month", "le mois dernier", "지난달에"),
    Adverbial("last year", "l'année dernière", "작년에"),
)
FUTURE = (
    Adverbial("tomorrow", "demain", "내일"),
    Adverbial("tomorrow morning", "demain matin", "내일 아침에"),
    Adverbial("this evening", "ce soir", "오늘 저녁에"),
    Adverbial("this weekend", "ce week-end", "이번 주말에"),
)
FAR_FUTURE = (
    Adverbial("next week", "la semaine prochaine", "다음 주에"),
    Adverbial("next month", "le mois prochain", "다음 달에"),
    Adverbial("next year", "l'année prochaine", "내년에"),
)
FREQUENCIES = (
    Adverbial("often", "souvent", "자주"),
    Adverbial("always", "toujours", "항상"),
    Adverbial("sometimes", "parfois", "가끔"),
)
VERY = Adverbial("very", "très", "아주")
TOO = Adverbial("too", "trop", "너무")

# Where something is done; Korean without its particle 에서.
PLACES = {
    "home": Adverbial("at home", "à la maison", "집"),
    "school": Adverbial("at school", "à l'école", "학교"),
    "university": Adverbial("at the university", "à l'université", "대학교"),
    "library": Adverbial("at the library", "à la bibliothèque", "도서관"),
    "office": Adverbial("at the office", "au bureau", "사무실"),
    "kitchen": Adverbial("in the kitchen", "dans la cuisine", "부엌"),
    "living room": Adverbial("in the living room", "dans le salon", "거실"),
    "garden": Adverbial("in the garden", "dans le jardin", "정원"),
    "park": Adverbial("in the park", "au parc", "공원"),
    "café": Adverbial("at the café", "au café", "카페"),
    "restaurant": Adverbial("at the restaurant", "au restaurant", "식당"),
    "market": Adverbial("at the market", "au marché", "시장"),
    "supermarket": Adverbial("at the supermarket", "au supermarché", "슈퍼마켓"),
    "bakery": Adverbial("at the bakery", "à la boulangerie", "빵집"),
    "bookstore": Adverbial("at the bookstore", "à la librairie", "서점"),
    "cinema": Adverbial("at the cinema", "au cinéma", "영화관"),
    "station": Adverbial("at the station", "à la gare", "기차역"),
    "hospital": Adverbial("at the hospital", "à l'hôpital", "병원"),
    "bank": Adverbial("at the bank", "à la banque", "은행"),
    "beach": Adverbial("at the beach", "à la plage", "해변"),
    "pool": Adverbial("at the pool", "à la piscine", "수영장"),
    "zoo": Adverbial("at the zoo", "au zoo", "동물원"),
    "museum": Adverbial("at the museum", "au musée", "박물관"),
    "bus": Adverbial("on the bus", "dans le bus", "버스"),
    "sofa": Adverbial("on the sofa", "sur le canapé", "소파 위"),
    "sea": Adverbial("in the sea", "dans la mer", "바다"),
}

# Where one goes; Korean without its particle 에.
GOALS = (
    Adverbial("to school", "à l'école", "학교"),
    Adverbial("to the park", "au parc", "공원"),
    Adverbial("to the market", "au marché", "시장"),
    Adverbial("to the library", "à la bibliothèque", "도서관"),
    Adverbial("to the museum", "au musée", "박물관"),
    Adverbial("to the hospital", "à l'hôpital", "병원"),
    Adverbial("to the bank", "à la banque", "은행"),
    Adverbial("to the station", "à la gare", "기차역"),
    Adverbial("to the beach", "à la plage", "해변"),
    Adverbial("to the office", "au bureau", "사무실"),
    Adverbial("to the restaurant", "au restaurant", "식당"),
    Adverbial("to the cinema", "au cinéma", "영화관"),
    Adverbial("to the supermarket", "au supermarché", "슈퍼마켓"),
    Adverbial("to the pool", "à la piscine", "수영장"),
    Adverbial("to the zoo", "au zoo", "동물원"),
    Adverbial("to church", "à l'église", "교회"),
    Adverbial("to the university", "à l'université", "대학교"),
)
CITIES = (
    Adverbial("Seoul", "à Séoul", "서울"),
    Adverbial("Busan", "à Busan", "부산"),
    Adverbial("Paris", "à Paris", "파리"),
    Adverbial("Lyon", "à Lyon", "리옹"),
    Adverbial("London", "à Londres", "런던"),
)
COUNTRIES = (
    Adverbial("Korea", "en Corée", "한국"),
    Adverbial("France", "en France", "프랑스"),
    Adverbial("Japan", "au Japon", "일본"),
    Adverbial("Canada", "au Canada", "캐나다"),
    Adverbial("the United States", "aux États-Unis", "미국"),
)
WAYS = (
    Adverbial("by bus", "en bus", "버스로"),
    Adverbial("by subway", "en métro", "지하철로"),
    Adverbial("by bicycle", "à vélo", "자전거로"),
    Adverbial("by car", "en voiture", "자동차로"),
    Adverbial("on foot", "à pied", "걸어서"),
)
ON_THE_STREET = Adverbial("on the street", "dans la rue", "거리")
SIDES = {  # of a thing; French "de" is joined to what follows
    "on": Adverbial("on", "sur", "위"),
    "under": Adverbial("under", "sous", "아래"),
    "in": Adverbial("in", "dans", "안"),
    "in front of": Adverbial("in front of", "devant", "앞"),
    "behind": Adverbial("behind", "derrière", "뒤"),
    "next to": Adverbial("next to", "à côté de", "옆"),
    "near": Adverbial("near", "près de", "근처"),
}
