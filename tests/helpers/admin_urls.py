"""The URLs of all pages of the admin, and the status codes that each role gets."""

from tests.helpers.urls import fill_route, iter_routes, route_arguments

LOGIN = "/admin/login/"
ROLES = ["nobody", "student", "assistant", "coordinator", "superuser"]
# Status codes for assistant, coordinator and superuser. Anonymous and non-staff users are redirected to the login.
PAGE_STATUSES = {
    "country_changelist": (200, 200, 200),
    "country_add": (403, 200, 200),
    "country_change": (200, 200, 200),
    "country_delete": (403, 403, 200),
    "country_history": (200, 200, 200),
    "country_simple_history": (200, 200, 200),
    "country_undelete": (403, 403, 302),
    "agreementtype_changelist": (200, 200, 200),
    "agreementtype_add": (403, 200, 200),
    "agreementtype_change": (200, 200, 200),
    "agreementtype_delete": (403, 403, 200),
    "agreementtype_history": (200, 200, 200),
    "agreementtype_simple_history": (200, 200, 200),
    "agreementtype_undelete": (403, 403, 302),
    "university_changelist": (200, 200, 200),
    "university_add": (403, 200, 200),
    "university_change": (200, 200, 200),
    "university_delete": (403, 403, 200),
    "university_history": (200, 200, 200),
    "university_simple_history": (200, 200, 200),
    "university_undelete": (403, 403, 302),
    "university_import": (403, 200, 200),
    "university_process_import": (405, 405, 405),
    # Of files that are not imported yet: there is none.
    "university_import_columns": (403, 404, 404),
    "university_import_options": (403, 404, 404),
    "university_import_preview": (403, 404, 404),
    "university_import_xlsx": (403, 404, 404),
    "university_template": (403, 200, 200),
    "university_export": (200, 200, 200),
    "university_institutions": (403, 200, 200),
    "university_identify": (403, 200, 200),
    "university_take_value": (405, 405, 405),
    "agreement_changelist": (200, 200, 200),
    "agreement_add": (403, 200, 200),
    "agreement_change": (200, 200, 200),
    "agreement_delete": (403, 403, 200),
    "agreement_history": (200, 200, 200),
    "agreement_simple_history": (200, 200, 200),
    "agreement_undelete": (403, 403, 302),
    "agreement_sign": (403, 302, 302),
    "agreement_renew": (403, 302, 302),
    "agreement_end": (403, 302, 302),
    "agreement_dates": (403, 302, 302),
    "agreement_edit": (403, 302, 302),
    "agreement_fields_of_study": (200, 200, 200),
    # Mobilities are listed and edited on the pages of agreements.
    "mobility_changelist": (302, 302, 302),
    "mobility_add": (403, 403, 403),
    "mobility_change": (302, 302, 302),
    "mobility_delete": (403, 403, 403),
    "mobility_history": (200, 200, 200),
    "mobility_simple_history": (200, 200, 200),
    "mobility_undelete": (403, 302, 302),
    "document_changelist": (200, 200, 200),
    "document_add": (403, 403, 403),
    "document_change": (200, 200, 200),
    "document_delete": (403, 403, 200),
    "document_history": (200, 200, 200),
    "document_simple_history": (200, 200, 200),
    "document_undelete": (403, 403, 302),
    "document_file": (200, 200, 200),
    "officesettings_changelist": (302, 302, 302),
    "officesettings_add": (403, 403, 403),
    "officesettings_change": (200, 200, 200),
    "officesettings_delete": (403, 403, 403),
    "officesettings_history": (200, 200, 200),
    "officesettings_simple_history": (200, 200, 200),
    "officesettings_undelete": (403, 403, 302),
    "term_changelist": (200, 200, 200),
    "term_add": (403, 200, 200),
    "term_change": (200, 200, 200),
    "term_delete": (403, 403, 200),
    "term_history": (200, 200, 200),
    "term_simple_history": (200, 200, 200),
    "term_undelete": (403, 403, 302),
    "applicationround_changelist": (200, 200, 200),
    "applicationround_add": (403, 200, 200),
    "applicationround_change": (200, 200, 200),
    "applicationround_delete": (403, 403, 200),
    "applicationround_history": (200, 200, 200),
    "applicationround_simple_history": (200, 200, 200),
    "applicationround_undelete": (403, 403, 302),
    "run_changelist": (200, 200, 200),
    "run_add": (403, 403, 403),
    "run_change": (200, 200, 200),
    "run_delete": (403, 403, 403),
    "run_history": (200, 200, 200),
    "run_undo": (403, 200, 200),
    "run_file": (403, 200, 200),
}
STAFF, SUPERUSERS = ("login", "login", 200, 200, 200), ("login", "login", 403, 403, 200)
REDIRECT = ("login", "login", 302, 302, 302)
# Status codes by role, in the order of ROLES.
SITE_STATUSES = {
    "index": STAFF,
    "app_list": REDIRECT,
    "change_log": STAFF,
    "deleted_objects": SUPERUSERS,
    "calendar_link": STAFF,
    "help": STAFF,
    "help_chapter": STAFF,
    "my_account": STAFF,
    "name_and_email": STAFF,
    "session_list": STAFF,
    "statistics": STAFF,
    "search": STAFF,
    "search_suggestions": STAFF,
    "jsi18n": STAFF,
    "autocomplete": STAFF,
    "view_on_site": REDIRECT,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "login": (200, 200, 302, 302, 302),
    "logout": (302, 302, 405, 405, 405),
    "auth_group_changelist": SUPERUSERS,
    "auth_group_add": SUPERUSERS,
    "auth_group_change": SUPERUSERS,
    "auth_group_delete": SUPERUSERS,
    "auth_group_history": SUPERUSERS,
    "auth_user_changelist": SUPERUSERS,
    "auth_user_add": SUPERUSERS,
    "auth_user_change": SUPERUSERS,
    "auth_user_delete": SUPERUSERS,
    "auth_user_invitation": SUPERUSERS,
    "auth_user_history": SUPERUSERS,
    "auth_user_password_change": SUPERUSERS,
}


def admin_routes():
    """Return the routes of the admin by name, without the prefix of this app."""
    routes = {name.removeprefix("partners_"): route for route, name in iter_routes() if name}
    return {name: route for name, route in routes.items() if route.startswith("/admin/")}


def page_url(name):
    """Return the URL of a page, for the first object of its model if it needs one."""
    route = admin_routes()[name]
    query = "?app_label=partners&model_name=agreement&field_name=university" if name == "autocomplete" else ""
    return fill_route(route, **route_arguments(route)) + query
