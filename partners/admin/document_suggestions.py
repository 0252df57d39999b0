"""The agreements that uploaded files may be of, by the names of the files."""

from collections import defaultdict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from partners.file_name_matching import FileNameMatcher, KnownUniversity, file_name_words
from partners.models import Agreement, AgreementType, University
from partners.name_similarity import canonical_words
from partners.querysets import ENDED, EXPIRED


@dataclass
class Suggestion:
    """The agreements of the university that a file name names, the likeliest first."""

    agreements: list[Agreement] = field(default_factory=list)
    likely: Agreement | None = None
    """The only one that the file can be of, as far as its name tells."""


def suggest_agreements(file_names, on):
    """Return a Suggestion for each file name, with a number of queries that does not depend on how many there are."""
    types = {pk: canonical_words(name) for pk, name in AgreementType.objects.values_list("pk", "name")}
    ignored_words = canonical_words(" ".join(Agreement.objects.scopes())).union(*types.values())
    matcher = FileNameMatcher(known_universities(), ignored_words)
    universities = [matcher.find(name) for name in file_names]
    agreements = defaultdict(list)
    for agreement in likeliest_first(Agreement.objects.filter(university__in=set(universities) - {None}), on):
        agreements[agreement.university_id].append(agreement)
    suggestions = []
    for name, university in zip(file_names, universities, strict=True):
        words, found = file_name_words(name), agreements[university]
        candidates = [agreement for agreement in found if is_current(agreement, on)]
        named = [agreement for agreement in candidates if types.get(agreement.agreement_type_id, {None}) <= words]
        candidates = named or candidates
        suggestions.append(Suggestion(found, candidates[0] if len(candidates) == 1 else None))
    return suggestions


def known_universities():
    names = defaultdict(list)
    for pk, _country, name in University.objects.iter_names():
        names[pk].append(name)
    columns = ["slug", "website", "institution__website", "institution__domains", "city", "country__name"]
    for pk, slug, website, address, domains, *places in University.objects.values_list("pk", *columns):
        hosts = [urlsplit(url).hostname or "" for url in (website, address) if url] + (domains or "").split()
        hosts = [host.removeprefix("www.") for host in hosts if host]
        yield KnownUniversity(pk, [*names[pk], slug], hosts, places)


def likeliest_first(agreements, on):
    """Return the agreements, those in force, in process or upcoming first, and of these the newest."""
    agreements = agreements.select_related("university", "agreement_type").with_document()
    newest_first = agreements.order_by("university__name_key", "university", "-valid_from", "-pk")
    return sorted(newest_first, key=lambda agreement: not is_current(agreement, on))


def is_current(agreement, on):
    return agreement.state_on(on) not in (ENDED, EXPIRED)
