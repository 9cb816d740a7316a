"""Sentences in many languages, made of words written for these tests, and tables of them in any encoding."""

from __future__ import annotations

import random
from collections.abc import Sequence

# Labels first, then phrases that follow one another; the scripts without spaces join them without any.
_MADE: dict[str, tuple[str, str, str]] = {
    "Chinese": (
        "体育 财经 饮食 科技 健康",
        "昨天晚上 这家餐馆的 汤味道太咸了 面包也不新鲜 服务员态度很好 球队在客场 以三比一 赢得了比赛 "
        "教练对记者说 下个赛季 中央银行 宣布提高利率 股票市场 大幅下跌 投资者感到担忧 新款手机 "
        "电池可以用两天 屏幕非常清楚 医生建议 每天多喝水 少吃甜的东西 孩子们在公园里 跑步和游泳 "
        "对身体有好处 快递三天才到 包装已经破了 我再也不会买了 价格便宜质量也不错 非常满意 推荐给大家 "
        "研究人员发现 一种新的药物 可以治疗感冒 政府部门 公布了最新数据 工厂的产量 比去年增加 "
        "守门员扑出点球 观众热烈鼓掌 厨师做的鱼 又香又辣 咖啡有点苦 蛋糕太甜 软件更新以后 速度变慢了",
        "，",
    ),
    "traditional Chinese": (
        "體育 財經 飲食 科技 健康",
        "昨天晚上 這家餐廳的 湯味道太鹹了 麵包也不新鮮 服務員態度很好 球隊在客場 以三比一 贏得了比賽 "
        "教練對記者說 下個賽季 中央銀行 宣布提高利率 股票市場 大幅下跌 投資者感到擔憂 新款手機 "
        "電池可以用兩天 螢幕非常清楚 醫生建議 每天多喝水 少吃甜的東西 孩子們在公園裡 跑步和游泳 "
        "對身體有好處 包裹三天才到 包裝已經破了 我再也不會買了 價格便宜品質也不錯 非常滿意 推薦給大家 "
        "研究人員發現 一種新的藥物 可以治療感冒 政府部門 公布了最新數據 工廠的產量 比去年增加 "
        "守門員撲出點球 觀眾熱烈鼓掌 廚師做的魚 又香又辣 咖啡有點苦 蛋糕太甜 軟體更新以後 速度變慢了",
        "，",
    ),
    "Japanese": (
        "スポーツ 経済 食べ物 科学 健康",
        "昨日の夜 この店のスープは しょっぱすぎました パンも古かったです 店員さんは親切でした "
        "チームは敵地で 三対一で 試合に勝ちました 監督は記者に 来シーズンについて 話しました 日本銀行は "
        "金利を上げると 発表した 株価が大きく 下がりました 新しいスマートフォンは バッテリーが "
        "二日もちます 画面がとてもきれいです 医者は 毎日水を飲むように すすめています 子どもたちは公園で "
        "走ったり泳いだりして 荷物が届くまで 三日もかかって 箱が壊れていました もう買いません "
        "値段が安くて 品質もいいので おすすめします 研究者は 新しい薬を 見つけました 政府は "
        "データを公開した コーヒーが苦い ケーキは甘すぎる アップデートのあと 動きが遅くなった",
        "、",
    ),
    "half-width Japanese": (
        "ｽﾎﾟｰﾂ ｹｲｻﾞｲ ﾀﾍﾞﾓﾉ",
        "ﾔﾏﾀﾞﾀﾛｳ ｷﾉｳﾉﾖﾙ ｺﾉﾐｾﾉｽｰﾌﾟﾊ ｼｮｯﾊﾟｽｷﾞﾏｼﾀ ﾁｰﾑﾊ ｼｱｲﾆ ｶﾁﾏｼﾀ ｶﾌﾞｶｶﾞ ｻｶﾞﾘﾏｼﾀ ﾈﾀﾞﾝｶﾞ ﾔｽｸﾃ ｵｽｽﾒｼﾏｽ ﾐﾂﾋﾞｼ ｷﾞﾝｺｳ ﾄｳｷｮｳ ｼﾃﾝ",
        " ",
    ),
    "Spanish": (
        "economía fútbol cocina niñez opinión",
        "mañana el equipo jugará contra los campeones; la selección ganó según el árbitro ¿por qué subió "
        "la inflación? el señor Núñez dirá que sí ¡qué emoción! la sopa está fría y el camarón también "
        "los niños aprenderán música después todavía no llegó el avión a Málaga más allá del río la "
        "opinión pública cambió el café sabía bien",
        " ",
    ),
    "Portuguese": (
        "economia futebol educação saúde opinião",
        "amanhã a seleção não jogará contra os campeões; a inflação subiu três vezes segundo o ministério "
        "a mãe fez pão e café com açúcar o coração não mente à noite você já não está só até às dez "
        "lições de português são fáceis o avião chegou atrasado da região da Amazônia não há razão para "
        "preocupação",
        " ",
    ),
    "Nordic": (
        "sport ekonomi mat hälsa väder",
        "laget spelade på bortaplan och förlorade så är det när våren kommer får du köpa bröd och kött på "
        "torget læreren sagde at børnene skulle gå på skolen i går både øl og rødgrød er på bordet för "
        "många människor är sjöar viktiga äiti syö päivällä leipää ja työ jää tekemättä Åse fra Ålesund "
        "kjøper blåbær",
        " ",
    ),
    "Catalan": (
        "economia música països",
        "l’equip va guanyar el partit perquè el porter va aturar el penal això és així els preus pugen més de "
        "pressa que els sous gràcies per l’ajuda açò col·lecció país",
        " ",
    ),
    "Icelandic": (
        "íþróttir matur veður",
        "í gær vann liðið leikinn því að markvörðurinn varði vítaspyrnuna þakka þér fyrir hjálpina læknirinn "
        "ráðleggur að drekka meira vatn börnin leika sér í garðinum það er gott",
        " ",
    ),
    "Vietnamese": (
        "thể-thao kinh-tế ẩm-thực",
        "hôm qua đội bóng thắng trận đấu vì thủ môn cản phá quả phạt đền giá thực phẩm tăng nhanh hơn tiền "
        "lương cuốn sách tôi mua rất hay nhưng hơi dài cảm ơn bạn đã giúp đỡ bác sĩ khuyên uống nhiều nước",
        " ",
    ),
    "Polish": (
        "sport gospodarka jedzenie zdrowie świat",
        "wczoraj drużyna wygrała mecz w Łodzi ponieważ bramkarz obronił rzut karny ceny żywności rosną "
        "szybciej niż płace książka którą kupiłem jest świetna lecz dość długa dziękuję bardzo za pomoc "
        "część pieniędzy będzie później źle się czuję i idę do lekarza chłopiec je gęś na śniadanie mąż "
        "śpi już od północy",
        " ",
    ),
    "Czech": (
        "sport ekonomika jídlo zdraví svět",
        "včera mužstvo vyhrálo zápas protože brankář chytil penaltu ceny potravin rostou rychleji než "
        "mzdy kniha kterou jsem koupil je skvělá ale příliš dlouhá děkuji za pomoc část peněz přijde "
        "později špatně se cítím a půjdu k lékaři žluťoučký kůň běžel přes řeku můj přítel říká že třešně "
        "už nejsou zralé",
        " ",
    ),
    "Turkish": (
        "spor ekonomi yemek sağlık dünya",
        "dün akşam takım maçı kazandı çünkü kaleci penaltıyı kurtardı gıda fiyatları ücretlerden hızlı "
        "yükseliyor aldığım kitap çok güzel ama biraz uzun yardımınız için teşekkürler doktor her gün su "
        "içmeyi öneriyor çocuklar bahçede oynuyor İstanbul’da hava soğuk şimdi eve gidiyorum işçiler öğle "
        "yemeğine çıktı",
        " ",
    ),
    "Russian": (
        "спорт экономика еда здоровье мир",
        "вчера вечером команда выиграла матч потому что вратарь отбил пенальти цены на продукты растут "
        "быстрее зарплат книга которую я купил очень хорошая но слишком длинная спасибо за помощь врач "
        "советует пить больше воды дети играют в парке новый телефон работает два дня суп был холодным а "
        "хлеб вкусным центральный банк повысил ставку",
        " ",
    ),
    "Greek": (
        "αθλητισμός οικονομία φαγητό υγεία κόσμος",
        "χθες το βράδυ η ομάδα κέρδισε τον αγώνα επειδή ο τερματοφύλακας έπιασε το πέναλτι οι τιμές των "
        "τροφίμων ανεβαίνουν πιο γρήγορα από τους μισθούς το βιβλίο που αγόρασα είναι πολύ καλό αλλά λίγο "
        "μεγάλο ευχαριστώ για τη βοήθεια ο γιατρός λέει να πίνουμε νερό τα παιδιά παίζουν στο πάρκο",
        " ",
    ),
    "Hebrew": (
        "ספורט כלכלה אוכל בריאות עולם",
        "אתמול בערב הקבוצה ניצחה במשחק כי השוער עצר את הפנדל מחירי המזון עולים מהר יותר מהשכר הספר שקניתי "
        "טוב מאוד אבל ארוך מדי תודה על העזרה הרופא ממליץ לשתות מים הילדים משחקים בפארק המרק היה קר והלחם "
        "טעים",
        " ",
    ),
    "Arabic": (
        "رياضة اقتصاد طعام صحة عالم",
        "أمس فاز الفريق في المباراة لأن الحارس صد ركلة الجزاء أسعار الغذاء ترتفع أسرع من الأجور الكتاب "
        "الذي اشتريته جيد جدا لكنه طويل شكرا على المساعدة الطبيب ينصح بشرب الماء الأطفال يلعبون في "
        "الحديقة كان الحساء باردا والخبز لذيذا",
        " ",
    ),
    "Thai": (
        "กีฬา เศรษฐกิจ อาหาร สุขภาพ โลก",
        "เมื่อวานนี้ทีมชนะการแข่งขัน เพราะผู้รักษาประตูรับลูกโทษได้ ราคาอาหารเพิ่มขึ้นเร็วกว่าค่าจ้าง หนังสือที่ฉันซื้อดีมาก แต่ยาวเกินไป "
        "ขอบคุณสำหรับความช่วยเหลือ หมอแนะนำให้ดื่มน้ำทุกวัน เด็กเล่นอยู่ในสวน ซุปเย็นแต่ขนมปังอร่อย ธนาคารกลางขึ้นดอกเบี้ย",
        " ",
    ),
}


def sentences(language: str, count: int, draw: random.Random) -> tuple[list[str], list[str]]:
    """Made sentences of a language, and its labels."""
    labels, phrases, joint = _MADE[language]
    pieces = phrases.split()
    made = [joint.join(draw.choices(pieces, k=draw.randint(3, 9))) for _ in range(count)]
    return made, labels.split()


def table(texts: Sequence[str], labels: Sequence[str], draw: random.Random) -> str:
    """A CSV file of texts, each with one of the labels."""
    rows = [f'"{text.replace(chr(34), chr(39))}",{draw.choice(labels)}' for text in texts]
    return "\n".join(["text,label", *rows, ""])
