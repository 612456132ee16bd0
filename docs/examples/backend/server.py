import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from plinth import LetThrough, LimitExceeded, NoAnswer, PlanRequired, Plinth

plinth = Plinth(
    os.environ.get("PLINTH_URL", "http://127.0.0.1:6174"),
    os.environ["PLINTH_KEY"],
    product="notes",
    # While Plinth does not answer, a hundred uses go on, and are reported when it is back.
    away=LetThrough(100, journal=os.environ.get("JOURNAL")),
)


def summarize(text):
    """Your own call of a model."""
    return text[:40], 200


def sign_up(customer, body):
    return 201, {"id": customer.put(name=body["name"], email=body["email"])["external_id"]}


def summaries(customer, body):
    with customer.permit("summarize") as permit:
        summary, micros = summarize(body["text"])
        permit.spent(cost_micros=micros)
    return 200, {"summary": summary}


def exports(customer, body):
    customer.track("export")
    return 202, {}


def upgrade(customer, body):
    return 200, {"url": customer.checkout("pro", success_url=body["back"], cancel_url=body["back"])}


ROUTES = {"/sign-up": sign_up, "/summaries": summaries, "/exports": exports, "/upgrade": upgrade}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        try:
            # Your own sign-in says who calls; here a header does.
            status, answer = ROUTES[self.path](plinth.customer(self.headers["x-user"]), body)
        except (LimitExceeded, PlanRequired, NoAnswer) as refused:
            status, answer = refused.status or 503, refused.body
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Handler)
print(server.server_port, flush=True)
server.serve_forever()
