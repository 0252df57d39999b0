"""An SMTP server on loopback that stores the mails it receives."""

import socket
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller


class Inbox:
    """SMTP handler: rejects the addresses in ``rejected``, calls ``on_mail`` at RCPT and ``on_data`` at DATA."""

    def __init__(self):
        self.mails, self.rejected = [], set()
        self.on_mail = self.on_data = lambda recipient: None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.on_mail(address)
        if address in self.rejected:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        self.on_data(envelope.rcpt_tos[0])
        return "250 OK"

    @property
    def recipients(self):
        return [mail["To"] for mail in self.mails]


@contextmanager
def mail_server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Inbox(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield controller.handler, port
    finally:
        controller.stop()
