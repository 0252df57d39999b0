"""Minimal valid files of the types that documents can have."""

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile

DOCX_CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="{}"/></Types>'
)
DOCX_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def build_zip(entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(content_type=DOCX_MAIN_TYPE):
    return build_zip(
        {"[Content_Types].xml": DOCX_CONTENT_TYPES.format(content_type), "word/document.xml": "<w:document/>"}
    )


def odt(media_type="application/vnd.oasis.opendocument.text"):
    return build_zip({"mimetype": media_type, "content.xml": "<office:document-content/>"})


def upload(name="agreement.pdf", content=PDF):
    return SimpleUploadedFile(name, content)
