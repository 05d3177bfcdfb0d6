"""A certificate as a picture that is the certificate: the badge, with the very file of ``.json`` inside."""

from datetime import datetime

from . import baking, posting, securing
from .models import Credential


def baked(*, credential: Credential, kind: str, now: datetime) -> bytes | None:
    """The baked PNG or SVG; ``None`` while its document is being signed. Nobody's name is drawn on it.

    Raises NotYours as ``securing.obtain`` does.
    """
    document = securing.obtain(credential=credential, now=now)
    if document is None:
        return None
    picture = posting.square(achievement=credential.achievement, kind=kind)
    if kind == "png":
        texts = {"Title": picture.title, "Description": picture.description}
        return baking.into_png(picture.data, document=document, texts=texts)
    return baking.into_svg(
        picture.data, document=document, title=picture.title, description=picture.description
    )
