"""What comes in writing: taken in as it is, bounded, shown as text or given back to keep, never run."""

from typing import Any
from urllib.parse import quote, unquote

from litestar import Request, Response

from bailee.clauses.instructions.instructing import LARGEST, Original
from bailee.infra.web import forms
from bailee.infra.web.answers import HEADERS, Wrong

KINDS = {"eml": "message/rfc822", "txt": "text/plain", "md": "text/markdown", "pdf": "application/pdf",
         "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
         "odt": "application/vnd.oasis.opendocument.text"}  # fmt: skip
NOTHING = Wrong(422, "There is nothing in it", "Paste the text, or choose a file.", "instructions.written")
TOO_LARGE = Wrong(413, "This is too large", "A mail or a document of at most 500 kB is kept.", "instructions.written")


async def original_of(request: Request[Any, Any, Any]) -> tuple[Original, bool]:
    """The writing that a request brings, and whether a script sent it: a form's text, or a file as it is."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        sent = await request.form()
        pasted = sent.get("text", "")
        content = pasted.encode() if isinstance(pasted, str) else b""
        found = Original(name=forms.text(sent, "name")[:120] or "text.txt", media_type="text/plain", content=content)
        return _bounded(found), False
    name = unquote(request.headers.get("x-file-name", ""))[:120] or "document"
    ending = name.rpartition(".")[2].lower()
    media_type = KINDS.get(ending, "application/octet-stream")
    return _bounded(Original(name=name, media_type=media_type, content=await request.body())), True


def _bounded(found: Original) -> Original:
    if not found.content.strip():
        raise NOTHING
    if len(found.content) > LARGEST:
        raise TOO_LARGE
    return found


def attachment(found: Original) -> Response[bytes]:
    """The original to keep: a browser neither shows nor runs it."""
    named = {"content-disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"}
    return Response(found.content, media_type="application/octet-stream", headers=HEADERS | named)
