import os

from django.core.wsgi import get_wsgi_application

from exchange.python_stack import in_one_chunk

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "exchange.settings")

django_application = get_wsgi_application()


@in_one_chunk
def application(environ, start_response):
    return django_application(environ, start_response)
