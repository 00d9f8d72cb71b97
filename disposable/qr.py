"""A link as a QR code, drawn as SVG: no image library is needed."""

import io

import qrcode
from qrcode.image.svg import SvgPathImage

MAX_TEXT = 1_000


def svg(text: str) -> str:
    """An SVG document of the text, sized by its viewBox. Raises ValueError for text that no QR code should hold."""
    if not text or len(text) > MAX_TEXT:
        raise ValueError(f"a QR code here holds 1 to {MAX_TEXT} characters")
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    out = io.BytesIO()
    code.make_image(image_factory=SvgPathImage).save(out)
    return out.getvalue().decode()
