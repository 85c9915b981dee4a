"""An S3 server that verifies signatures, for as long as standard input is open.

Prints one JSON line once it listens: {"port", "tlsPort", "authority", "accessKeyId", "secretAccessKey"}, of
which `authority` is the certificate, in PEM, that the server at `tlsPort` proves itself by. Then answers each
line of standard input with one of its own:

    bucket NAME       makes a bucket: ok
    wipe NAME         removes all of a bucket's objects and the bucket: ok
    remove NAME KEY   removes an object: ok
    cut NAME KEY      takes the second half of an object away: ok
    change NAME KEY   changes a byte in the middle of an object: ok
    double NAME KEY   stores an object a second time, as one that begins with a twin: ok
    user NAME ACTION…  makes a user who may do these actions of S3 alone: ok ACCESSKEYID SECRETACCESSKEY

It ends when standard input does, so that it does not outlive whoever started it, however that ends.
"""

import datetime
import ipaddress
import json
import logging
import os
import ssl
import sys
import tempfile
import threading

# Every request needs a signature, except those that make the first key below.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
os.environ["AWS_ACCESS_KEY_ID"] = "AKIANOBODY"
os.environ["AWS_SECRET_ACCESS_KEY"] = "nothing"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from moto import settings
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.exceptions import NoSuchUpload
from moto.s3.models import S3Backend
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler, make_server

# Connections are kept, as S3 keeps them.
WSGIRequestHandler.protocol_version = "HTTP/1.1"

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"


# moto fails on an upload that was never begun; S3 answers that it does not exist.
complete = S3Backend.complete_multipart_upload


def complete_known(self, bucket_name, multipart_id, body):
    if multipart_id not in self.get_bucket(bucket_name).multiparts:
        raise NoSuchUpload(upload_id=multipart_id)
    return complete(self, bucket_name, multipart_id, body)


S3Backend.complete_multipart_upload = complete_known


def make_user(iam, name, actions):
    """Makes a user who may do `actions`, and a key of theirs."""
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(
        UserName=name, PolicyName="all", PolicyDocument=json.dumps(document)
    )
    return iam.create_access_key(UserName=name)["AccessKey"]


settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
owner = make_user(boto3.client("iam", endpoint_url=endpoint), "owner", ["*"])
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
iam = boto3.client(
    "iam",
    endpoint_url=endpoint,
    aws_access_key_id=owner["AccessKeyId"],
    aws_secret_access_key=owner["SecretAccessKey"],
)
key = make_user(iam, "archiver", ["s3:*"])


def make_certificate():
    """A key and a self-signed certificate for this machine's names, in PEM."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [
        x509.DNSName("localhost"),
        x509.DNSName("*.s3.localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(secret, hashes.SHA256())
    )
    encoded = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return encoded, certificate.public_bytes(serialization.Encoding.PEM)


secret, authority = make_certificate()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
with tempfile.NamedTemporaryFile() as file:
    file.write(secret + authority)
    file.flush()
    context.load_cert_chain(file.name)
secured = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    ssl_context=context,
)
threading.Thread(target=secured.serve_forever, daemon=True).start()

s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    aws_access_key_id=key["AccessKeyId"],
    aws_secret_access_key=key["SecretAccessKey"],
)


def say(text):
    print(text, flush=True)


say(
    json.dumps(
        {
            "port": port,
            "tlsPort": secured.port,
            "authority": authority.decode(),
            "accessKeyId": key["AccessKeyId"],
            "secretAccessKey": key["SecretAccessKey"],
        }
    )
)

for line in sys.stdin:
    words = line.split()
    try:
        if words[0] == "bucket":
            s3.create_bucket(Bucket=words[1])
        elif words[0] == "wipe":
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=words[1])
            for page in pages:
                for entry in page.get("Contents", []):
                    s3.delete_object(Bucket=words[1], Key=entry["Key"])
            s3.delete_bucket(Bucket=words[1])
        elif words[0] == "remove":
            s3.delete_object(Bucket=words[1], Key=words[2])
        elif words[0] in ("cut", "change", "double"):
            found = s3.get_object(Bucket=words[1], Key=words[2])
            body, key = bytearray(found["Body"].read()), words[2]
            if words[0] == "cut":
                body = body[: len(body) // 2]
            elif words[0] == "change":
                body[len(body) // 2] ^= 0x20
            else:
                key = key.replace(".jsonl", ".1.jsonl")
            s3.put_object(
                Bucket=words[1], Key=key, Body=bytes(body), Metadata=found["Metadata"]
            )
        if words[0] == "user":
            made = make_user(iam, words[1], words[2:])
            say(f"ok {made['AccessKeyId']} {made['SecretAccessKey']}")
        else:
            say("ok")
    except Exception as error:
        say(f"failed: {error}")

# Its threads may be in the middle of an answer.
os._exit(0)
