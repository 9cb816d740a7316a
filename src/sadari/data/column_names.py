"""What columns of texts and of labels are called in the files that people have, in several languages."""

from __future__ import annotations

from collections.abc import Sequence


def _words(names: str) -> tuple[str, ...]:
    return tuple(names.split())


TEXT_NAMES = _words(
    "text texts sentence content contents review document question q utterance comment message tweet body post "
    "article headline title description abstract query input sms email "
    "본문 내용 문장 텍스트 질문 리뷰 제목 댓글 기사 문서 글 메시지 의견 후기 원문 발화 "
    "文本 内容 評論 评论 标题 句子 正文 テキスト 本文 文章 レビュー コメント タイトル "
    "texte commentaire contenu avis inhalt kommentar nachricht satz "
    "texto comentario comentário contenido conteúdo mensaje mensagem reseña текст сообщение отзыв комментарий"
)
TITLE_NAMES = ("title", "headline", "subject", "제목", "标题", "タイトル")
BODY_NAMES = (
    *("description", "content", "contents", "body", "abstract", "summary", "article"),
    *("본문", "내용", "内容", "正文", "本文"),
)
LABEL_NAMES = _words(
    "label labels class category categories target topic topics sentiment intent tag tags y genre section "
    "class_name label_name label_text rating stars "
    "라벨 레이블 분류 카테고리 범주 주제 감정 의도 클래스 태그 유형 감성 긍부정 평점 별점 "
    "标签 类别 分类 类型 情感 ラベル カテゴリ カテゴリー 分類 感情 "
    "étiquette catégorie classe kategorie klasse etiqueta categoría categoria clase rótulo метка класс категория"
)
_TEXTS, _LABELS = frozenset(TEXT_NAMES), frozenset(LABEL_NAMES)


def folded(name: str) -> str:
    """A name as it is compared: without case, spaces, quotes, or a byte order mark that joining files left there."""
    return name.strip("\ufeff\"' \t\r\n").casefold()


def is_known(name: str) -> bool:
    """Whether columns of texts or of labels are often called so."""
    return folded(name) in _TEXTS or folded(name) in _LABELS


def knows_names(columns: Sequence[str]) -> bool:
    """Whether one of the columns has a name that texts or labels usually have."""
    return any(map(is_known, columns))


def names_both(columns: Sequence[str]) -> bool:
    """Whether one column is called as texts are, and another as labels are."""
    names = set(map(folded, columns))
    return bool(names & _TEXTS) and bool(names & _LABELS)
