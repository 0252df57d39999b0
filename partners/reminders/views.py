from hashlib import sha256

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.timezone import localdate
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from partners.http import get_site_url
from partners.models import CalendarLink
from partners.reminders.ical import build_calendar


@csrf_exempt
@require_safe
def calendar_feed(request, token):
    """Serve the calendar to anyone with the link, since calendar programs cannot sign in."""
    link = CalendarLink.for_token(token)
    if not link:
        raise Http404
    content = build_calendar(link, localdate(), get_site_url(request))
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="agreements.ics"'
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Robots-Tag"] = "noindex"
    response["ETag"] = f'"{sha256(content).hexdigest()}"'
    return get_conditional_response(request, response["ETag"], response=response)
