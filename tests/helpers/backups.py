from partners.models import Agreement, Document
from tests.helpers.files import upload


def add_document():
    """Add a document to the first agreement."""
    document = upload("signed.pdf", b"%PDF-1.7 signed %%EOF")
    Document.from_upload(document, agreement=Agreement.objects.first()).save()
