"""Words of files for statuses, kinds, directions, levels, and yes and no, in the languages of offices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from partners.enums import AgreementStatus, Direction, MobilityKind, StudyLevel
from partners.name_normalization import matching_key, normalize_name

T = TypeVar("T")


def normalize_word(word: str) -> str:
    """Return the matching key with spaces for hyphens and underscores, and without points and apostrophes."""
    return normalize_name(re.sub(r"[.'\u2019]", "", re.sub("[-_]", " ", matching_key(word))))


def _by_word(words: Mapping[T, str]) -> dict[str, T]:
    """Return the values by each of their words, which are separated by semicolons."""
    return {normalize_word(word): value for value, texts in words.items() for word in texts.split(";")}


STATUS_BY_WORD = {status.word: status for status in AgreementStatus} | _by_word(
    {
        AgreementStatus.IN_PROCESS: (
            "in progress; pending; under negotiation; in negotiation; in preparation; under preparation; "
            "draft; to be signed; awaiting signature; in Bearbeitung; in Verhandlung; in Vorbereitung; in Arbeit; "
            "en négociation; en préparation; en cours de signature; en cours de négociation; en trámite; en proceso; "
            "en negociación; pendiente de firma; in lavorazione; in trattativa; em negociação; em processo; "
            "in behandeling; in onderhandeling; w trakcie; w przygotowaniu; görüşülüyor; imza aşamasinda; "
            "בתהליך; במשא ומתן; בהכנה"
        ),
        AgreementStatus.SIGNED: (
            "fully signed; active; in force; valid; current; aktiv; gültig; in Kraft; unterzeichnet; "
            "unterschrieben; signé; signée; actif; en vigueur; firmado; firmada; vigente; activo; activa; en vigor; "
            "firmato; firmata; attivo; attiva; in vigore; assinado; assinada; ativo; ativa; em vigor; ondertekend; "
            "actief; podpisana; aktywna; podepsána; platná; undertecknat; imzalandi; aktif; yürürlükte; "
            "חתום; חתומה; בתוקף; פעיל; подписан; подписано; действует; 有効; 生效; 有效"
        ),
        AgreementStatus.ENDED: (
            "terminated; cancelled; canceled; closed; discontinued; beendet; gekündigt; résilié; résiliée; "
            "finalizado; rescindido; terminato; cessato; disdetto; encerrado; beëindigd; zakończona; rozwiązana; "
            "sona erdi; feshedildi; הסתיים; בוטל"
        ),
    }
)
"""Words such as expired or inactive are left out: they may mean a signed agreement or an ended one."""
DIRECTION_BY_WORD = _by_word(
    {
        Direction.OUT: (
            "out; outgoing; outgoings; outbound; outgoing students; sending; sortant; sortants; sortante; saliente; "
            "salientes; in uscita; uscente; enviados; giden; wyjazdy; výjezd; יוצא; יוצאים; 派遣"
        ),
        Direction.IN: (
            "in; incoming; incomings; inbound; incoming students; receiving; entrant; entrants; entrante; entrantes; "
            "in entrata; entrada; recibidos; gelen; przyjazdy; příjezd; נכנס; נכנסים; 受入; 受入れ"
        ),
    }
)
KIND_BY_WORD = {kind.word: kind for kind in MobilityKind} | _by_word(
    {
        MobilityKind.STUDENT_STUDIES: (
            "studies; study; SMS; student mobility for studies; student mobility studies; "
            "study mobility; student exchange; Studium; Studierendenmobilität; études; mobilité d'études; estudios; "
            "studio; estudos; öğrenim; לימודים"
        ),
        MobilityKind.STUDENT_TRAINEESHIP: (
            "student traineeships; traineeship; traineeships; internship; internships; placement; "
            "SMP; SMT; student mobility for traineeships; student mobility for traineeship; Praktikum; "
            "Studierendenpraktikum; stage; stages; prácticas; tirocinio; traineeship mobility; estágio; staj; התמחות"
        ),
        MobilityKind.STAFF_TEACHING: (
            "teaching; STA; staff mobility for teaching; teaching mobility; teaching assignment; "
            "teaching assignments; Lehre; Dozentenmobilität; Lehrendenmobilität; enseignement; docencia; docenza; "
            "ders verme; הוראה"
        ),
        MobilityKind.STAFF_TRAINING: (
            "STT; staff mobility for training; Personalmobilität zu Fortbildungszwecken; "
            "Fortbildung; formation du personnel; eğitim alma"
        ),
    }
)
LEVEL_BY_WORD = {normalize_word(level): level for level in StudyLevel} | _by_word(
    {
        StudyLevel.SHORT_CYCLE: "short cycles; EQF 5; ISCED 5; associate degree",
        StudyLevel.BACHELOR: (
            "bachelors; BA; BSc; BEng; B; UG; undergraduate; undergraduates; bachelor level; bachelor degree; "
            "bachelors degree; first cycle; 1st cycle; EQF 6; ISCED 6; 6; licence; licenciatura; grado; laurea; "
            "laurea triennale; lisans; תואר ראשון; 学士; 本科"
        ),
        StudyLevel.MASTER: (
            "masters; MA; MSc; MEng; M; master level; master degree; masters degree; second cycle; 2nd cycle; "
            "EQF 7; ISCED 7; 7; máster; maestría; laurea magistrale; mestrado; yüksek lisans; magister; "
            "תואר שני; 修士; 硕士"
        ),
        StudyLevel.DOCTORAL: (
            "doctorate; doctorates; doctor; PhD; PhDs; D; Dr; doctoral level; third cycle; 3rd cycle; EQF 8; "
            "ISCED 8; 8; Doktorat; Promotion; doctorado; dottorato; doutorado; doutoramento; doktora; תואר שלישי; "
            "博士"
        ),
    }
)
"""Words such as graduate or postgraduate are left out: they may mean masters, doctorates, or both."""
IS_YES_BY_WORD = _by_word(
    {
        True: (
            "yes; y; true; x; 1; \u2713; \u2714; \u2611; \u2705; ja; oui; vrai; wahr; sí; sì; sim; tak; ano; evet; "
            "igen; כן; да; はい; 是"
        ),
        False: (
            "no; n; false; 0; \u2610; nein; non; faux; falsch; não; nie; ne; hayir; nem; nee; nej; לא; нет; いいえ; 否"
        ),
    }
)
