"""A real SMTP server for tests: prints one JSON line a letter that it takes, and one when it listens."""
import asyncio, json, ssl, sys
from email import message_from_bytes, policy
from aiosmtpd.smtp import SMTP, AuthResult

mode = json.loads(sys.argv[1])

def say(line):
    print(json.dumps(line), flush=True)

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("greylisted"):
            return "451 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        say({
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "tls": session.ssl is not None or mode["security"] == "tls",
            "login": bool(session.authenticated),
            "subject": letter["subject"],
            "id": letter["message-id"],
            "auto": letter["auto-submitted"],
            "text": letter.get_content(),
        })
        if mode.get("cut"):
            server.transport.abort()
            return None
        return "250 taken"

def authenticate(server, session, envelope, mechanism, data):
    login = data.login == b"fengsui" and data.password == b"mail-secret"
    return AuthResult(success=login, handled=login)

context = None
if mode["security"] != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(mode["cert"], mode["key"])

def session():
    starttls = mode["security"] == "starttls"
    return SMTP(
        Handler(),
        hostname="mail.test",
        authenticator=authenticate,
        auth_required=mode.get("auth", False),
        auth_require_tls=starttls,
        tls_context=context if starttls else None,
        require_starttls=starttls,
    )

async def main():
    loop = asyncio.get_running_loop()
    implicit = context if mode["security"] == "tls" else None
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=implicit)
    say({"listening": server.sockets[0].getsockname()[1]})
    # Ends with whoever started it.
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()

asyncio.run(main())
