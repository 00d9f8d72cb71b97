"""The handset over HTTP: Twilio's message API for the server, and a small one for whoever looks at the phones.

Everything needs the account's login, for this port is open to every page in the browser of whoever runs the demo.
"""

import hmac

from flask import Flask, jsonify, request

from widget_server.demo.handset import phone_api, twilio_api
from widget_server.demo.handset.company import Answer, Company, Refused

LARGEST = 256 * 1024


def create(company: Company) -> Flask:
    """The handset's WSGI app."""
    app = Flask("handset", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST
    app.before_request(lambda: login(company))
    app.register_error_handler(Refused, refused)
    app.register_error_handler(404, nothing)
    app.register_blueprint(twilio_api.blueprint(company))
    app.register_blueprint(phone_api.blueprint(company))
    return app


def login(company: Company) -> None:
    """Raises Refused unless the account's name and token were given."""
    given = request.authorization
    name, word = (given.username or "", given.password or "") if given else ("", "")
    known = hmac.compare_digest(name.encode(), company.account.encode())
    if not (hmac.compare_digest(word.encode(), company.token.encode()) and known):
        raise Refused(401, 20003, "Authenticate")


def refused(error: Refused) -> Answer:
    """A refusal in the provider's own shape."""
    more = f"https://www.twilio.com/docs/errors/{error.code}"
    told = {"code": error.code, "message": error.message, "more_info": more, "status": error.status}
    return jsonify(told), error.status


def nothing(_error: Exception) -> Answer:
    """An address that holds nothing, or belongs to another account."""
    return refused(Refused(404, 20404, f"The requested resource {request.path} was not found"))
