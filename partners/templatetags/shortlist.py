from django import template

register = template.Library()


@register.filter
def toggle_url(shortlist, slug):
    """Return the URL of the list with a university added to the shortlist, or removed if it is there."""
    return shortlist.list_toggle_url(slug)
