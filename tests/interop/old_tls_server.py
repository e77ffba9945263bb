#!/usr/bin/env python3
"""A server with old TLS before a demo ministry: old_tls_server.py FOLDER MODE MINISTRY_PORT

FOLDER holds server.pem (certificate and key) and dh1024.pem. MODE is `dhe` (TLS 1.2 with a DH key of
1024 bits and nothing else), `tls1` or `tls1_1`. Listens on a free port of 127.0.0.1, which is the first
line of output; then one line a session: protocol and suite. Clients must name the host (SNI). Answers are those of the ministry on
127.0.0.1:MINISTRY_PORT, with its http addresses turned into https.
"""

import socket
import ssl
import sys
import threading
import warnings

HOST = b"demo.khotin.test"


def context(folder, mode):
    warnings.simplefilter("ignore", DeprecationWarning)  # old protocols are what this is for
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    version = {
        "dhe": ssl.TLSVersion.TLSv1_2,
        "tls1": ssl.TLSVersion.TLSv1,
        "tls1_1": ssl.TLSVersion.TLSv1_1,
    }[mode]
    suites = "DHE-RSA-AES128-SHA256" if mode == "dhe" else "DHE-RSA-AES128-SHA"
    tls.set_ciphers(f"{suites}:@SECLEVEL=0")
    tls.load_dh_params(f"{folder}/dh1024.pem")  # after the level, which forbids it by default
    tls.minimum_version = version
    tls.maximum_version = version
    tls.load_cert_chain(f"{folder}/server.pem")
    tls.sni_callback = lambda _socket, name, _tls: (
        None if name == HOST.decode() else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    )
    return tls


def read_request(client):
    """Head lines without the names that are ours to set, and the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(65536)
        if not more:
            return None
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.split(b"\r\n")
    length = 0
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += client.recv(65536)
    ours = (b"accept-encoding", b"connection")
    kept = [line for line in lines[1:] if line.partition(b":")[0].lower() not in ours]
    first = lines[0].replace(b"HTTP/1.1", b"HTTP/1.0")
    return b"\r\n".join([first, *kept]) + b"\r\n\r\n" + body


def ask(port, request):
    with socket.create_connection(("127.0.0.1", port)) as ministry:
        ministry.sendall(request)
        answer = b""
        while more := ministry.recv(65536):
            answer += more
    head, body = answer.split(b"\r\n\r\n", 1)
    body = body.replace(b"http://" + HOST, b"https://" + HOST)
    dropped = (b"content-length", b"connection")
    lines = [line for line in head.split(b"\r\n") if line.partition(b":")[0].lower() not in dropped]
    if not lines[0].split(b" ")[1] == b"304":
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines).replace(b"HTTP/1.0", b"HTTP/1.1", 1) + b"\r\n\r\n" + body


def serve(tls, connection, port):
    try:
        with tls.wrap_socket(connection, server_side=True) as client:
            print(client.version(), client.cipher()[0], flush=True)
            while (request := read_request(client)) is not None:
                client.sendall(ask(port, request))
    except (ssl.SSLError, OSError) as error:
        print("no session:", error, flush=True)


def main():
    folder, mode, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    tls = context(folder, mode)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(tls, connection, port), daemon=True).start()


main()
