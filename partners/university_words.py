"""Words that mean the same in names of universities: languages, abbreviations, numbers, and names of cities.

All are matching keys, without accents. A line has the word that stands for all of the line first.
"""

GENERIC = """
academy academie academia accademia akademia akademi akademie akademija
agriculture agricultural agraria agraire agricola landwirtschaft
applied angewandte appliquees aplicadas applicate toegepaste stosowanych
art arts artes arti kunst kunste sztuki
business
campus
catholic catholique catolica catolico cattolica katholische katholieke katolicki katolicka
college coll colegio kolegium
economics econ economia economie economic economicas economiche ekonomiczny wirtschaft
education educacion educacao formazione padagogische paedagogische pedagogical pedagogiczny pedagogica
engineering eng engineers ingenieria ingenieurs ingenieur ingenierie ingegneria
federal federale
free freie libera wolna
graduate
higher haute hautes superieure superieur superiore superior wyzsza
institute inst institut instituto istituto instytut institutet
international intl int internacional internationale internazionale
management mgmt gestion gestione managementu
medical med medicine medizinische medizin medicina medica medico medicale medyczny
music musik musique musica muzyki
national nat natl nacional nationale nazionale narodowy nasional ulusal
polytechnic poly polytech polytechnical polytechnique polytechnische politecnico politecnica politecnic politechnika
polytechnic politehnica politechnic politehnic politeknik polytechnika политехнический
pontifical pontificia pontificio
research
school sch ecole escuela escola scuola schule skola szkola
science sci sciences scientific scienze ciencias ciencia wissenschaften wissenschaft nauk bilim
state staatliche estatal statale gosudarstvennyy panstwowa государственный
study studies
technological
technical tec tech techn technology technologies technique techniques technische technischen technischer
technical technik technika techniczny techniczna technicka technicky technicke tecnologico tecnologica tecnologia
technical tecnologie tecnica tecnico tecnologias tehnica tehnicka tekniska teknisk tekniske teknik teknoloji technologie
technical muszaki tehnika технический технологический
uas fachhochschule fh hochschule hs hogeschool ammattikorkeakoulu
university u univ uni universite universitat universitaet universidad universidade universita universiteit universitet
university universitetet universitas univerzita univerzitet univerza uniwersytet universitatea universitate uceni
university universitetas ulikool yliopisto egyetem universitesi universiti sveuciliste panepistemio panepistimio
university университет університет πανεπιστημιο 大学 大學 대학교
"""

SPECIFIC = """
1 i one
2 ii two
3 iii three tre trois
4 iv four
5 v five
6 vi
7 vii
8 viii
9 ix
10 x
antwerp antwerpen anvers
athens athenes atene
barcelona barcelone barcellona
basel basle bale
beijing peking pekin
belgrade beograd
berlin berlino
bolzano bozen
brussels bruxelles brussel
bucharest bucuresti
center centre zentrum centro
cologne koln koeln colonia
copenhagen kobenhavn koebenhavn
cracow krakow krakau
florence firenze
geneva geneve genf ginevra
genoa genova
ghent gent gand
gothenburg goteborg
hanover hannover
havana habana
leuven louvain
lisbon lisboa
london londres londra
luxembourg luxemburg
milan milano mailand
moscow moskva moskau москва московский
munich munchen muenchen
naples napoli
new nouvelle nueva
north n nord norte
nuremberg nurnberg nuernberg
padua padova
paris parigi
prague praha praze prag
rome roma
saint st ste sankt
seville sevilla
south sud sur
strasbourg strassburg
tokyo tokio
turin torino
valencia valence
venice venezia
vienna wien
vilnius vilniaus
warsaw warszawa warszawski warszawska
zurich zuerich
"""

ARTICLES_AND_PREPOSITIONS = """
a al an and at d da das de degli dei del della delle der des di die do dos du e el et ex for formerly fuer fur h im in
la las le les l los of og och s studi the to und v van voor vysoke y z za
"""

COMPOUND_ABBREVIATIONS = {
    "th": "technical uas",
    "tu": "technical university",
}


def _read(table: str) -> dict[str, str]:
    return {word: line.split()[0] for line in table.splitlines() for word in line.split()}


GENERIC_WORDS = frozenset(_read(GENERIC).values())
"""Words that many names have, and that say what kind of institution it is."""
CANONICAL_WORDS = _read(GENERIC) | _read(SPECIFIC) | COMPOUND_ABBREVIATIONS
STOP_WORDS = frozenset(ARTICLES_AND_PREPOSITIONS.split())
SPELLINGS = {word: [word, *line.split()] for line in SPECIFIC.splitlines() for word in line.split()}
"""The spellings of a word that is not generic, itself first."""
