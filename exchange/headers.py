FORBIDDEN = ", ".join(f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "payment", "usb"))


def permissions_policy(get_response):
    """No page needs what a browser could ask a visitor for."""

    def middleware(request):
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", FORBIDDEN)
        return response

    return middleware
