"""What texts in a language look like, character by character: enough to tell in which encoding a file is.

A language is a table: how often each character outside ASCII stands among those outside ASCII. The lists are in the
order of frequency, roughly; what is in none of them is as rare as its row in the character set is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

_HANGUL = (
    "요는이에다어아은을를지가자리들해기그고사서로스마내일우주나의수시제구학하오과세여도대있한거전원않경장만부예국라"
    "계생소했동선상인포늘공신남저었보먹정비개니물두침무차츠녀유드치산녁술달친관바당배년문명트으프려았매방위진민호게"
    "연안간조말회중좋식화모없터준교영싶미열노단월타파번야반새체피린표분업실음것금발러크르양행살코까래와엄승면초성집"
    "운루올용점결작통난줄천역워레졌판입울카디책렸던권폴할재온빠토편심출후읽청감버더뒤셔항네료설름종석막약넘임불갈강"
    "투창축키속적웃커처돌메건앞외습채페며데농곳샀된직억였박목급란겨끝추본섯철절근팀독합색맞왔골험평손팔났엇복랑걸테"
    "냈질록태군검져받격총됐필컴봤찾길첫탄품촌빨즈갔림병케랐변쓰광법최김퍼쳤꽃알퓨컵긴째령담못환빵악텔볼너객른잡람쳐"
    "증브망봐날값섰밀율되력휴형현등렌접히베론써숙찍협겼벌머풀잘돈펜빌켓끼송따확각눈콜순든티엌갑폭언백많몰패측논폐닫"
    "웠탁엔섬때랜벽량류걀슈줬찰옆충썸찮괜랄쁜맘뭘떤즐멋낌씀뻐뭔슴딱껴밌떻겠께윤홍쌍럼닐뿐좀"
)
_HANZI = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
    "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
    "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果"
    "加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展"
    "马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共"
    "确传师观清今切院让识候带导争运笔吃饭喝酒菜茶店味网服价钱买卖喜欢客车红黑早晚快慢热冷春夏秋冬星股票银影视球赛医"
    "病药谢请您吗吧呢啊哪谁"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然"
    "家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把"
    "機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重并物手應戰向頭文體政美相見被利什二等產或新己制身果"
    "加西斯月話合回特代內信表化老給世位次度門任常先海通教儿原東聲提立及比員解水名真論處走義各入幾口認條平係氣題活爾"
    "更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展"
    "馬科司五基眼書非則聽白卻界達光放強即像難且權思王象完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共"
    "確傳師觀清今切院讓識候帶導爭運筆吃飯喝酒菜茶店味網服價錢買賣喜歡客車紅黑早晚快慢熱冷春夏秋冬星股票銀影視球賽醫"
    "病藥謝請您嗎吧呢啊哪誰"
)
_HIRAGANA = (
    "のいしたてにをはとるがなかでんうりもらすくきこだまれそさよっあちえどけみせめつねおやわろひじべばほむ"
    "ゆふぶびずぎげごぐざぜぼへゃょゅぬづぽぱぞぺぴぷぁぃぅぇぉゐゑ"
)
_KATAKANA = (
    "ーンスルトリアイラクドシレジタフプロマテッコカグバメオキサムチニウエナパディミボハブモビピポャュョェ"
    "ォァゴセソネノホヤユヨワケツヒヘベペガギゲザゼゾダデヅヌヲヴィゥ"
)
_KANJI = (
    "日一人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何"
    "南万毎白天母火右読友左休父雨会同事自社発者地業方新場員立開手力問代明動京目通言理体田主題意不作用度強公持野以思家世多正安院心界教文"
    "元重近考画海売知道集別物使品計死特私始朝運終台広住無真有口少町料工建空急止送切転研足究楽起着店病質待試族銀早映親験英医仕去味写字"
    "答夜音注帰古歌買悪図週室歩風紙黒花春赤青館屋色走秋夏習駅洋旅服夕借曜飲肉貸堂鳥飯勉冬昼茶弟牛魚兄犬妹姉漢戦政経済選勝株価市国民"
)
_LETTERS = {  # of scripts of their own, the commonest first
    "Russian": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "Ukrainian": "оаинівтерслкдумпязьбгйчхцжїюєфшщґ",
    "Greek": "αοιετσνηυρπκμλςωδγχθφβξζψάέήίόύώϊΐ",
    "Hebrew": "יוהלאתמרבשנכדחפעקגסזטצםןץךף",
    "Arabic": "الينمتروبعدسهقفكحجةأشصطخىضذغثزءئإظؤآ",
    "Thai": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผถซธศณฐภษญฟฉฏฎฑฌฆฬ่้ีิั็ุูำื์ึๆฯ๐๑๒๓๔๕๖๗๘๙ฝฤ",
}
_LATIN = {  # the letters that ASCII lacks, the commonest first
    "English": ("", "Western European"),
    "French": ("éèàêçùâîôûœëïü", "Western European"),
    "German": ("üäößé", "Western European"),
    "Spanish": ("óíáéñúü¿¡", "Western European"),
    "Portuguese": ("ãçáéõíóêúâôà", "Western European"),
    "Italian": ("èàùòìéî", "Western European"),
    "Swedish": ("äåöé", "Western European"),
    "Danish or Norwegian": ("åøæé", "Western European"),
    "Catalan": ("éàèòíóçúïü·", "Western European"),
    "Estonian": ("äõüöšž", "Western European"),
    "Albanian": ("ëç", "Western European"),
    "Western European": ("éáíóúàèçãõâêôñüöäåøæïëîûùòììßÿœ", "Western European"),
    "Icelandic": ("íáðóéöþúæý", "Western European"),
    "Dutch": ("ëéïèöü", "Western European"),
    "Finnish": ("äöå", "Western European"),
    "Polish": ("łąężśóćńź", "Central European"),
    "Czech or Slovak": ("áíéěčřžšýůúôľťďňó", "Central European"),
    "Hungarian": ("áéöóőüíúű", "Central European"),
    "Romanian": ("ăîţşâ", "Central European"),
    "Croatian or Slovene": ("čšžćđ", "Central European"),
    "Turkish": ("ıüşçğöİ", "Turkish"),
    "Lithuanian or Latvian": ("ėųįšąžūčāīēņļģķę", "Baltic"),
    "Vietnamese": ("đêưôơâăáàúùèéóòíì\u0301\u0300\u0309\u0303\u0323", "Vietnamese"),
}
_CODECS = {  # of single bytes, what an encoding is likely to be first
    "Western European": ("cp1252", "iso8859-15", "mac-roman", "cp850"),
    "Central European": ("cp1250", "iso8859-2"),
    "Turkish": ("cp1254",),
    "Baltic": ("cp1257",),
    "Vietnamese": ("cp1258",),
}
_PRIORS = {  # by language, or by family
    "English": 1.0,
    "Icelandic": -3.0,
    "Central European": -2.0,
    "Turkish": -2.0,
    "Baltic": -2.0,
    "Vietnamese": -4.0,
}
_LATIN_MARKS = "’“”‘–…—€£«»°´•„‚›‹§©®™·½¼¾²³×±ªº"
_UNSEEN = "\xa0\xad"  # the space that does not break, and the hyphen that is only where it does
_KOREAN_MARKS = "…“”‘’·「」『』〈〉《》【】→←↑↓※★☆♥♡○●◎◇◆□■△▲▽▼～！？，．（）：％＆㈜℃㎡㎞"
_CHINESE_MARKS = "，。、！？：；“”（）《》…—·‘’「」『』【】～％　"
_JAPANESE_MARKS = "、。「」・！？（）…～『』【】：％〜　々〆"
_JAMO = "ㅋㅎㅠㅜㅇㄱㄴㄷㄹㅁㅂㅅㅈㅊㅌㅍㅏㅑㅓㅕㅗㅛㅡㅣㄲㄸㅃㅆㅉ"
_KOREAN_HANJA = "大小中美日韓北南人女男前後新故現代金李朴崔國年月上下左右高低東西英佛獨露黨靑檢軍外內無有不非反對車株"
_HALF_WIDTH = "".join(map(chr, range(0xFF61, 0xFFA0)))
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F)))

_RAREST = -18.0  # the logarithm of how often a character comes that no list has


@dataclass(frozen=True)
class Language:
    """A language, and the encodings of its texts, the likeliest first.

    Attributes:
        name: of the language.
        kind: what a user is told: of letters like "é" alone no one can tell the language, only the family.
        codecs: Python's names.
        latin: whether its letters stand within words of ASCII letters; else they stand in runs of their own.
        touching: of a script of its own, the logarithm of how rarely a letter touches one of ASCII.
        prior: the logarithm of how much likelier it is than another before anything was read.
    """

    name: str
    kind: str
    codecs: tuple[str, ...]
    latin: bool = False
    touching: float = -1.0
    prior: float = 0.0

    @property
    def table(self) -> NDArray[np.float32]:
        """For each character below U+10000 the logarithm of its share among all that are not ASCII."""
        return _table(self.name)

    @property
    def usual(self) -> tuple[float, float]:
        """Mean and standard deviation of that logarithm in texts of the language."""
        return _usual(self.name)


LANGUAGES = (
    Language("Korean", "Korean", ("cp949", "euc_kr", "johab"), prior=3.0),
    Language("Chinese", "Chinese", ("gb18030",)),
    Language("traditional Chinese", "Chinese", ("cp950", "gb18030"), prior=-1.0),
    Language("Japanese", "Japanese", ("cp932", "euc_jp"), prior=-1.0),
    Language("Japanese in half-width letters", "Japanese", ("cp932", "euc_jp"), touching=-5.0, prior=-3.0),
    *(
        Language(name, family, _CODECS[family], latin=True, prior=_PRIORS.get(name, _PRIORS.get(family, 0.0)))
        for name, (_, family) in _LATIN.items()
    ),
    Language(
        "Russian", "Russian", ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic"), touching=-5.0, prior=-2.0
    ),
    Language("Ukrainian", "Ukrainian", ("cp1251", "koi8-u", "cp866", "iso8859-5"), touching=-5.0, prior=-3.0),
    Language("Greek", "Greek", ("cp1253", "iso8859-7"), touching=-5.0, prior=-2.0),
    Language("Hebrew", "Hebrew", ("cp1255",), touching=-5.0, prior=-2.0),
    Language("Arabic", "Arabic", ("cp1256",), touching=-5.0, prior=-2.0),
    Language("Thai", "Thai", ("cp874",), touching=-5.0, prior=-2.0),
)


@cache
def _table(name: str) -> NDArray[np.float32]:
    share = np.full(1 << 16, np.exp(_RAREST))
    for characters, mass, first in _shares(name):
        codes = np.frombuffer(characters.encode("utf-16-le", "ignore"), "<u2")
        weights = 1 / (np.arange(len(codes)) + first) if first else np.ones(len(codes))
        np.add.at(share, codes, mass * weights / weights.sum())
    return np.log(share).astype(np.float32)


@cache
def _usual(name: str) -> tuple[float, float]:
    table = _table(name).astype(np.float64)
    share = np.exp(table) / np.exp(table).sum()
    mean = float((share * table).sum())
    return mean, float(np.sqrt((share * (table - mean) ** 2).sum()))


# of scripts of more than an alphabet: characters, or the first bytes of a double-byte set; their share; as in `_shares`
_PARTS: dict[str, tuple[tuple[str | tuple[str, int, int], float, int], ...]] = {
    "Korean": (
        (_HANGUL, 0.82, 14),
        (("euc_kr", 0xB0, 0xC8), 0.06, 0),
        (_JAMO, 0.02, 4),
        (_KOREAN_MARKS, 0.07, 4),
        (_KOREAN_HANJA, 0.008, 8),
        (("euc_kr", 0xCA, 0xFD), 0.004, 0),
        ("".join(map(chr, range(0xAC00, 0xD7A4))), 0.001, 0),
        (("euc_kr", 0xA1, 0xA9), 0.005, 0),
        (_HIRAGANA, 0.002, 8),
        (_KATAKANA, 0.002, 8),
        (_WIDE, 0.004, 0),
    ),
    "Chinese": (
        (_HANZI, 0.66, 10),
        (("gb2312", 0xB0, 0xD7), 0.17, 0),
        (("gb2312", 0xD8, 0xF7), 0.008, 0),
        (_CHINESE_MARKS, 0.15, 2),
        (("gb2312", 0xA1, 0xA9), 0.003, 0),
        (_WIDE, 0.004, 0),
        (("gbk", 0x81, 0xFE), 0.001, 0),
        (_HIRAGANA, 0.0005, 0),
        (_KATAKANA, 0.0005, 0),
    ),
    "traditional Chinese": (
        (_TRADITIONAL, 0.66, 10),
        (("cp950", 0xA4, 0xC6), 0.17, 0),
        (("cp950", 0xC9, 0xF9), 0.008, 0),
        (_CHINESE_MARKS, 0.15, 2),
        (("cp950", 0xA1, 0xA3), 0.003, 0),
        (_WIDE, 0.004, 0),
    ),
    "Japanese": (
        (_HIRAGANA, 0.46, 3),
        (_KATAKANA, 0.14, 5),
        (_KANJI, 0.2, 15),
        (("euc_jp", 0xB0, 0xCF), 0.09, 0),
        (_JAPANESE_MARKS, 0.1, 1),
        (_HALF_WIDTH, 0.002, 0),
        (("euc_jp", 0xD0, 0xF4), 0.003, 0),
        (("euc_jp", 0xA1, 0xA8), 0.003, 0),
        (_WIDE, 0.004, 0),
    ),
    "Japanese in half-width letters": (
        (_HALF_WIDTH, 0.9, 0),
        (_KANJI, 0.05, 15),
        (_HIRAGANA, 0.02, 0),
        (_JAPANESE_MARKS, 0.03, 1),
    ),
}


def _shares(name: str) -> Iterator[tuple[str, float, int]]:
    """Characters, their share in all, and how flat the most frequent of them are (0: all alike)."""
    if name in _PARTS:
        for what, mass, flat in _PARTS[name]:
            yield what if isinstance(what, str) else _cells(*what), mass, flat
    elif name in _LATIN:
        letters, family = _LATIN[name]
        flat = 30 if name == family else 2  # of no language in particular
        yield from ((letters, 0.8, flat), (letters.upper().replace("SS", ""), 0.04, flat)) if letters else ()
        yield from ((_LATIN_MARKS, 0.17 if letters else 0.8, 2), ("éñüïçáóèöäíêôàåøãâ", 0.01 if letters else 0.1, 2))
        yield _UNSEEN, 0.01 if letters else 0.2, 1
        yield "".join(map(chr, range(0xA0, 0x180))), 0.002, 0
    else:
        letters = _LETTERS[name]
        large = letters.upper() if name in ("Greek", "Russian", "Ukrainian") else ""
        yield from ((letters, 0.92, 6), (large, 0.05, 6), (_LATIN_MARKS + "№،؟؛", 0.03, 2))


@cache
def _cells(codec: str, first: int, last: int) -> str:
    """The characters of a double-byte set whose first byte is in a range."""
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(0x40, 0xFF))
    found = (pair.decode(codec, "ignore") for pair in pairs)
    return "".join(dict.fromkeys(c for c in found if len(c) == 1 and ord(c) > 0x7F))
