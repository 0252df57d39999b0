from django.conf import settings


def site_settings(request):
    return {"office_name": settings.OFFICE_NAME, "office_email": settings.OFFICE_EMAIL}
