"""An S3 server that verifies signatures, for as long as standard input is open.

Prints one JSON line once it listens: {"port", "accessKeyId", "secretAccessKey"}. Then answers each line of
standard input with one of its own:

    bucket NAME       makes a bucket: ok
    wipe NAME         removes all of a bucket's objects and the bucket: ok
    remove NAME KEY   removes an object: ok
    cut NAME KEY      takes the second half of an object away: ok
    change NAME KEY   changes a byte in the middle of an object: ok
    double NAME KEY   stores an object a second time, as one that begins with a twin: ok

It ends when standard input does, so that it does not outlive whoever started it, however that ends.
"""

import json
import logging
import os
import sys

# Nothing may be done without a signature, but for the making of the first key below.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
os.environ["AWS_ACCESS_KEY_ID"] = "AKIANOBODY"
os.environ["AWS_SECRET_ACCESS_KEY"] = "nothing"
os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
logging.getLogger("werkzeug").setLevel(logging.ERROR)

import boto3
from moto import settings
from moto.server import ThreadedMotoServer
from werkzeug.serving import WSGIRequestHandler

# Connections are kept, as S3 keeps them.
WSGIRequestHandler.protocol_version = "HTTP/1.1"

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
endpoint = f"http://127.0.0.1:{port}"


settings.INITIAL_NO_AUTH_ACTION_COUNT = float("inf")
iam = boto3.client("iam", endpoint_url=endpoint)
iam.create_user(UserName="archiver")
statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
iam.put_user_policy(
    UserName="archiver",
    PolicyName="s3",
    PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
)
key = iam.create_access_key(UserName="archiver")["AccessKey"]
settings.INITIAL_NO_AUTH_ACTION_COUNT = 0

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
        say("ok")
    except Exception as error:
        say(f"failed: {error}")

# Its threads may be in the midst of an answer.
os._exit(0)
