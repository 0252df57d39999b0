"""Recognition of the header of a table, by the names of its columns and by other usual ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from partners.name_normalization import collapse_white_space, matching_key
from partners.tables.types import Record, TableError, is_not_blank, join_names

OTHER_NAMES = {
    "Country": (
        "Country or territory; Country/territory; Country name; Country of partner; Partner country; Nation; Land; "
        "Länder; Staat; Zielland; Gastland; Partnerland; Pays; País; Paese; Nazione; Kraj; Země; Ülke; Maa; "
        "Ország; Țară; Riik"
    ),
    "University name": (
        "University; Universities; Name of university; Name of the university; Name of institution; Institution; "
        "Institution name; Partner; Partner name; Partner institution; Partner university; Host university; Host "
        "institution; Higher education institution; HEI; Hochschule; Hochschulname; Universität; "
        "Partnerhochschule; Partneruniversität; Gasthochschule; Institut; Université; Établissement; Université "
        "partenaire; Établissement partenaire; Universidad; Institución; Universidad socia; Universidade; "
        "Università; Ateneo; Instelling; Universiteit; Hogeschool; Partneruniversiteit; Uczelnia; Uniwersytet; "
        "Nazwa uczelni; Üniversite; Univerzita; Universitet; Yliopisto; Egyetem; Universitate"
    ),
    "Agreement type": (
        "Agreement types; Agreement type(s); Type of agreement; Types of agreement; Agreement; Agreements; Type; "
        "Kind of agreement; Programme; Program; Exchange programme; Abkommen; Abkommensart; Art des Abkommens; "
        "Vertragsart; Vertragstyp; Programm; Type d'accord; Accord; Accords; Convention; Programme d'échange; Tipo "
        "de acuerdo; Tipo de convenio; Convenio; Acuerdo; Programa; Tipo di accordo; Accordo; Programma; Tipo de "
        "acordo; Acordo; Type overeenkomst; Soort overeenkomst; Overeenkomst; Rodzaj umowy; Typ umowy; Umowa; "
        "Anlaşma türü; Anlaşma; Typ smlouvy"
    ),
    "Scope": (
        "Faculty; Our faculty; Home faculty; Faculties; School; Department; Unit; Our unit; Valid for; "
        "Geltungsbereich; Fakultät; Fakultäten; Fachbereich; Faculté; Composante; Département; Portée; Facultad; "
        "Ámbito; Departamento; Facoltà; Dipartimento; Ambito; Faculdade; Âmbito; Faculteit; Wydział; Fakulta; "
        "Fakülte; Fakultet; Tiedekunta; Kar; Facultatea; Teaduskond; פקולטה"
    ),
    "Reference number": (
        "Reference; Ref.; Ref. no.; Reference no.; Our reference; File number; Aktenzeichen; Geschäftszeichen; "
        "Referenz; Referenznummer; Vertragsnummer; Référence; Numéro de référence; N° de référence; Referencia; "
        "Número de referencia; Riferimento; Numero di riferimento; Protocollo; Número de referência; "
        "Referentienummer; Kenmerk; Numer referencyjny; Sygnatura; Číslo jednací; Viitenumero; "
        "מספר סימוכין"
    ),
    "Open-ended": (
        "Open ended; Open end; Unlimited; Indefinite; No end date; Without end; Unbefristet; Durée indéterminée; "
        "Durée illimitée; Indefinido; Duración indefinida; Tempo indeterminato; A tempo indeterminato; Tempo "
        "indeterminado; Onbepaalde tijd; Bezterminowo; Bezterminowa; Na dobu neurčitou; Süresiz; Toistaiseksi; "
        "ללא הגבלת זמן"
    ),
    "Renews": (
        "Renewal of; Renews agreement; Renewed agreement; Predecessor; Previous agreement; Verlängert; "
        "Verlängerung von; Vorgänger; Renouvelle; Renouvellement de; Accord précédent; Renueva; Renovación de; "
        "Rinnova; Rinnovo di; Renova; Renovação de; Verlenging van; Odnowienie; Yenilenen anlaşma"
    ),
    "Reason for its end": (
        "Reason for end; Reason for the end; Reason of end; End reason; Reason for termination; Termination "
        "reason; Grund des Endes; Beendigungsgrund; Kündigungsgrund; Motif de fin; Motif de la fin; Motif de "
        "résiliation; Motivo de fin; Motivo de finalización; Motivo della fine; Motivo di cessazione; Motivo do "
        "término; Reden van beëindiging; Powód zakończenia; Důvod ukončení; Sona erme nedeni"
    ),
    "Note for students": (
        "Notes for students; Remarks for students; Information for students; Public note; Public notes; Hinweis "
        "für Studierende; Hinweise für Studierende; Information für Studierende; Informationen für Studierende; "
        "Note pour les étudiants; Remarques pour les étudiants; Informations pour les étudiants; Nota para "
        "estudiantes; Información para estudiantes; Nota per gli studenti; Informazioni per gli studenti; Nota "
        "para estudantes; Opmerking voor studenten; Informatie voor studenten; Uwagi dla studentów; Informacje "
        "dla studentów; Öğrenciler için not; הערה לסטודנטים"
    ),
    "To be done by": (
        "Due; Due on; Due date; Due by; To be signed by; Zu erledigen bis; Erledigen bis; Fällig; Fällig am; À "
        "faire avant; À signer avant; Date limite de signature; Para hacer antes de; Fecha límite de firma; Da "
        "fare entro; Da firmare entro; A fazer até; Te doen voor; Do zrobienia do; Podpisać do"
    ),
    "ROR ID": (
        "ROR; ROR-ID; RORID; ROR identifier; ROR address; ROR URL; ROR link; ROR-Kennung; Identifiant ROR; "
        "Identificador ROR; Identificativo ROR; Identyfikator ROR"
    ),
    "Web address (slug)": "Web address; Slug; Address",
    "Direction": (
        "Direction of mobility; Mobility direction; In or out; In/out; Out/in; Incoming or outgoing; "
        "Incoming/outgoing; Outgoing/incoming; Richtung; Richtung der Mobilität; Mobilitätsrichtung; Sens de la "
        "mobilité; Dirección; Sentido; Direzione; Direção; Richting; Kierunek; Kierunek mobilności; Směr; "
        "Yön; Riktning; Suunta; Irány; Direcție; כיוון"
    ),
    "Kind": (
        "Kind of mobility; Mobility kind; Type of mobility; Mobility type; Art der Mobilität; Mobilitätsart; Type de "
        "mobilité; Tipo de movilidad; Tipo di mobilità; Tipo de mobilidade; Soort mobiliteit; Rodzaj mobilności; Typ "
        "mobility; Hareketlilik türü; סוג הניידות"
    ),
    "Places": (
        "Number of places; Places a year; Places per year; Number of students; Number of participants; Plätze; Anzahl "
        "Plätze; Anzahl der Plätze; Studienplätze; Nombre de places; Plazas; Número de plazas; Posti; Numero di posti; "
        "Vagas; Número de vagas; Plaatsen; Aantal plaatsen; Miejsca; Liczba miejsc; Počet míst; Kontenjan; Platser; "
        "מקומות"
    ),
    "Months or days": (
        "Duration; Total duration; Total months; Months; Days; Dauer; Gesamtdauer; Monate; Tage; Durée; Durée totale; "
        "Mois; Jours; Duración; Duración total; Meses; Días; Durata; Mesi; Giorni; Duração; Dias; Duur; Maanden; "
        "Dagen; Miesiące; משך"
    ),
    "Study levels": (
        "Study level; Level; Levels; Level of study; Levels of study; Study cycle; Cycle; Studienniveau; Niveau; "
        "Studienstufe; Studienzyklus; Niveau d'études; Niveaux d'études; Cycle d'études; Nivel; Niveles; Nivel de "
        "estudios; Livello di studio; Nível de estudos; Studieniveau; Poziom studiów; Stopień studiów; רמת לימודים"
    ),
    "Fields of study": (
        "Field of study; Field; Fields; Subject; Subjects; Subject area; Subject areas; ISCED; ISCED code; ISCED-F; "
        "Fach; Fächer; Studienfach; Studienfächer; Domaine d'études; Domaines d'études; Área de estudios; "
        "Áreas de estudio; Campo de estudios; Area disciplinare; Área de estudos; Studiegebied; Vakgebied; Kierunek "
        "studiów; Dziedzina; תחומי לימוד"
    ),
    "Note on fields": (
        "Field note; Note on field; Notes on fields; Anmerkung zum Fach; Anmerkung zu den Fächern; Remarque sur les "
        "domaines; Nota sobre los campos"
    ),
    "Languages": (
        "Language; Language of instruction; Languages of instruction; Language requirement; Language requirements; "
        "Sprache; Sprachen; Sprachniveau; Sprachanforderungen; Unterrichtssprache; Langue; Langues; Langue "
        "d'enseignement; Idioma; Idiomas; Lingua; Lingue; Língua; Línguas; Taal; Talen; Język; Języki; Jazyk; Dil; "
        "שפות"
    ),
    "Blended": (
        "Blended mobility; Partly online; Hybrid; Gemischt; Mobilité hybride; Movilidad combinada; Mobilità mista"
    ),
    "First academic year": (
        "First year; From academic year; Academic year from; Erstes akademisches Jahr; Erstes Studienjahr; Première "
        "année universitaire; Primer curso académico; Primo anno accademico"
    ),
    "Last academic year": (
        "Last year; To academic year; Academic year to; Letztes akademisches Jahr; Letztes Studienjahr; Dernière année "
        "universitaire; Último curso académico; Ultimo anno accademico"
    ),
}
KEYS = {column: frozenset(map(matching_key, names.split("; "))) for column, names in OTHER_NAMES.items()}


@dataclass(frozen=True)
class Header:
    """A row of a table, with the places where each wanted column could be."""

    record: Record
    places: Mapping[str, list[int]]

    @property
    def missing(self) -> list[str]:
        return [column for column, places in self.places.items() if not places]

    @property
    def ambiguous(self) -> list[str]:
        return [column for column, places in self.places.items() if len(places) > 1]


@dataclass
class HeaderError(TableError):
    """No row has each column once. ``header`` is the row that comes closest, ``head`` the first rows."""

    message: str
    header: Header
    head: Sequence[Record] = field(default=())

    def __str__(self) -> str:
        return self.message


def find_places(record: Record, columns: Sequence[str], assigned: Mapping[str, str]) -> dict[str, list[int]]:
    """Return the indexes of the cells that could be each column.

    They have the header that is assigned to the column, or else the column's name, or else another usual name of it.
    """
    keys = [matching_key(collapse_white_space(cell)) for cell in record.cells]
    places = {}
    for column in columns:
        name = matching_key(collapse_white_space(assigned.get(column, column)))
        places[column] = [index for index, key in enumerate(keys) if key == name]
        if not places[column] and column not in assigned:
            places[column] = [index for index, key in enumerate(keys) if key in KEYS.get(column, ())]
    return places


def find_header(head: Sequence[Record], columns: Sequence[str], assigned: Mapping[str, str]) -> Header:
    """Return the first row with all the columns.

    Otherwise return the first of those that have most of them, rather one with as many cells as columns.
    """
    headers = [Header(record, find_places(record, columns, assigned)) for record in head]

    def distance(header: Header) -> tuple[int, bool]:
        return len(header.missing), sum(map(is_not_blank, header.record.cells)) < len(columns)

    return min(headers, key=distance)


def require_columns(header: Header, head: Sequence[Record]) -> None:
    """Raise HeaderError if a column is missing, or could be one of several."""
    line = header.record.line
    if header.missing:
        message = _("Line %(line)d is not the header: it lacks %(missing)s and has %(seen)s. Name the columns %(all)s.")
        params = {
            "line": line,
            "missing": join_names(header.missing),
            "seen": join_names(filter(is_not_blank, header.record.cells)),
            "all": join_names(header.places),
        }
        raise HeaderError(message % params, header, head)
    names = {column: [header.record.cells[place] for place in header.places[column]] for column in header.ambiguous}
    if repeated := [column for column, cells in names.items() if len(set(map(matching_key, cells))) == 1]:
        message = _("Line %(line)d has the column %(repeated)s more than once. Leave one of them.")
        raise HeaderError(message % {"line": line, "repeated": join_names(repeated)}, header, head)
    for column, cells in names.items():
        message = _("Line %(line)d has several columns that could be “%(column)s”: %(names)s. Say which is meant.")
        raise HeaderError(message % {"line": line, "column": column, "names": join_names(cells)}, header, head)
