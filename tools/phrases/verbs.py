"""The verbs. Regular French verbs in -er need no forms."""

from __future__ import annotations

from phrases.words import Verb

_FAIRE = "fais fait faisons faites font"
_PRENDRE = "prends prend prenons prenez prennent"
_FINIR = "finis finit finissons finissez finissent"

VERBS = {
    "drink": Verb("drink", "drank", "boire", "마시", "bois boit buvons buvez boivent", "bu"),
    "eat": Verb("eat", "ate", "manger", "먹"),
    "read": Verb("read", "read", "lire", "읽", "lis lit lisons lisez lisent", "lu"),
    "write": Verb("write", "wrote", "écrire", "쓰", "écris écrit écrivons écrivez écrivent", "écrit"),
    "buy": Verb("buy", "bought", "acheter", "사", "achète achète achetons achetez achètent", "acheté"),
    "sell": Verb("sell", "sold", "vendre", "팔", "vends vend vendons vendez vendent", "vendu"),
    "like": Verb("like", "liked", "aimer", "좋아하"),
    "hate": Verb("hate", "hated", "détester", "싫어하"),
    "want": Verb("want", "wanted", "vouloir", "원하", "veux veut voulons voulez veulent", "voulu"),
    "need": Verb(
        "need", "needed", "avoir besoin", "필요하", "ai a avons avez ont", "eu", preposition="de", subject_particle=True
    ),
    "have": Verb("have", "had", "avoir", "있", "ai a avons avez ont", "eu", subject_particle=True),
    "know": Verb("know", "knew", "connaître", "알", "connais connaît connaissons connaissez connaissent", "connu"),
    "see": Verb("see", "saw", "voir", "보", "vois voit voyons voyez voient", "vu"),
    "watch": Verb("watch", "watched", "regarder", "보"),
    "listen": Verb("listen to", "listened to", "écouter", "듣/ㄷ"),
    "open": Verb("open", "opened", "ouvrir", "열", "ouvre ouvre ouvrons ouvrez ouvrent", "ouvert"),
    "close": Verb("close", "closed", "fermer", "닫"),
    "clean": Verb("clean", "cleaned", "nettoyer", "청소하", "nettoie nettoie nettoyons nettoyez nettoient", "nettoyé"),
    "wash": Verb("wash", "washed", "laver", "씻"),
    "make": Verb("make", "made", "faire", "만들", _FAIRE, "fait"),
    "do": Verb("do", "did", "faire", "하", _FAIRE, "fait"),
    "prepare": Verb("prepare", "prepared", "préparer", "준비하"),
    "finish": Verb("finish", "finished", "finir", "끝내", _FINIR, "fini"),
    "learn": Verb("learn", "learned", "apprendre", "배우", "apprends apprend apprenons apprenez apprennent", "appris"),
    "study": Verb("study", "studied", "étudier", "공부하"),
    "speak": Verb("speak", "spoke", "parler", "하"),
    "play at": Verb("play", "played", "jouer", "하", preposition="à"),
    "play on": Verb("play", "played", "jouer", "치", preposition="de"),
    "wear": Verb("wear", "wore", "porter", "입"),
    "take": Verb("take", "took", "prendre", "타", _PRENDRE, "pris"),
    "wait": Verb(
        "wait for", "waited for", "attendre", "기다리", "attends attend attendons attendez attendent", "attendu"
    ),
    "find": Verb("find", "found", "trouver", "찾"),
    "lose": Verb("lose", "lost", "perdre", "잃어버리", "perds perd perdons perdez perdent", "perdu"),
    "break": Verb("break", "broke", "casser", "깨"),
    "receive": Verb("receive", "received", "recevoir", "받", "reçois reçoit recevons recevez reçoivent", "reçu"),
    "bring": Verb("bring", "brought", "apporter", "가져오"),
    "meet": Verb("meet", "met", "retrouver", "만나"),
    "invite": Verb("invite", "invited", "inviter", "초대하"),
    "help": Verb("help", "helped", "aider", "돕/ㅂ"),
    "draw": Verb("draw", "drew", "dessiner", "그리"),
    "sing": Verb("sing", "sang", "chanter", "부르/르"),
    "plant": Verb("plant", "planted", "planter", "심"),
    "repair": Verb("repair", "repaired", "réparer", "고치"),
    "use": Verb("use", "used", "utiliser", "사용하"),
    "choose": Verb(
        "choose", "chose", "choisir", "고르/르", "choisis choisit choisissons choisissez choisissent", "choisi"
    ),
    "order": Verb("order", "ordered", "commander", "주문하"),
    "borrow": Verb("borrow", "borrowed", "emprunter", "빌리"),
    "visit": Verb("visit", "visited", "visiter", "방문하"),
    "give": Verb("give", "gave", "donner", "주"),
    "send": Verb("send", "sent", "envoyer", "보내", "envoie envoie envoyons envoyez envoient", "envoyé"),
    "show": Verb("show", "showed", "montrer", "보여 주"),
    "lend": Verb("lend", "lent", "prêter", "빌려주"),
    "sleep": Verb("sleep", "slept", "dormir", "자", "dors dort dormons dormez dorment", "dormi"),
    "sleep well": Verb("sleep well", "slept well", "dormir bien", "잘 자", "dors dort dormons dormez dorment", "dormi"),
    "run": Verb("run", "ran", "courir", "달리", "cours court courons courez courent", "couru"),
    "run fast": Verb("run fast", "ran fast", "courir vite", "빨리 달리", "cours court courons courez courent", "couru"),
    "swim": Verb("swim", "swam", "nager", "수영하"),
    "swim well": Verb("swim well", "swam well", "nager bien", "수영을 잘하"),
    "dance": Verb("dance", "danced", "danser", "춤을 추"),
    "dance well": Verb("dance well", "danced well", "danser bien", "춤을 잘 추"),
    "sing well": Verb("sing well", "sang well", "chanter bien", "노래를 잘하"),
    "cook": Verb("cook", "cooked", "cuisiner", "요리하"),
    "cook well": Verb("cook well", "cooked well", "cuisiner bien", "요리를 잘하"),
    "work": Verb("work", "worked", "travailler", "일하"),
    "work a lot": Verb("work a lot", "worked a lot", "travailler beaucoup", "일을 많이 하"),
    "study a lot": Verb("study a lot", "studied a lot", "étudier beaucoup", "공부를 많이 하"),
    "walk": Verb("walk", "walked", "marcher", "걷/ㄷ"),
    "walk fast": Verb("walk fast", "walked fast", "marcher vite", "빨리 걷/ㄷ"),
    "laugh": Verb("laugh", "laughed", "rire", "웃", "ris rit rions riez rient", "ri"),
    "cry": Verb("cry", "cried", "pleurer", "울"),
    "travel": Verb("travel", "traveled", "voyager", "여행하"),
    "drive": Verb("drive", "drove", "conduire", "운전하", "conduis conduit conduisons conduisez conduisent", "conduit"),
    "go": Verb("go", "went", "aller", "가", "vais va allons allez vont", "allé", être=True),
    "live": Verb("live", "lived", "habiter", "살"),
}
"""By a name of their own: mostly the English infinitive."""
